// SPDX-License-Identifier: MIT
// count.mjs - how many tokens texts have, by gpt-tokenizer.
//
//	node count.mjs o200k_base	stdin: a JSON array of texts,
//					stdout: a JSON array of numbers

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const packages = createRequire(process.env.NODE_PACKAGES + "/package.json");
const { encode } = await import(pathToFileURL(
  packages.resolve("gpt-tokenizer/encoding/" + process.argv[2])));
const texts = JSON.parse(readFileSync(0, "utf8"));
// Names of special tokens are ordinary text.
const options = { disallowedSpecial: new Set() };
process.stdout.write(JSON.stringify(
  texts.map((text) => encode(text, options).length)));
