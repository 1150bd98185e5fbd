-- SPDX-License-Identifier: MIT
-- load.lua - a request to sessions picked at random, for wrk; or two kinds of
-- request, the second with a share of them.  An `@` of a request becomes the
-- number of a session.
--
--	wrk -s load.lua URL -- SESSIONS REQUEST [SHARE REQUEST]
--
-- A REQUEST is a method, a path and a body.  Of more than FORMATTED sessions
-- so many are written to, as far apart as they can be.

local FORMATTED = 100000

local threads = 0
local usual = {}
local other = {}
local sessions = 0
local apart = 1
local share = 0

function setup(thread)
	threads = threads + 1
	thread:set("number", threads)
end

local function format(requests, method, path, body)
	for session = 1, sessions do
		local function named(text)
			return (text:gsub("@", session * apart))
		end

		requests[session] = wrk.format(method, named(path), nil,
			body ~= "" and named(body) or nil)
	end
end

function init(arguments)
	wrk.headers["Content-Type"] = "application/json"
	math.randomseed(number)
	sessions = tonumber(arguments[1])
	apart = math.ceil(sessions / FORMATTED)
	sessions = math.floor(sessions / apart)
	format(usual, arguments[2], arguments[3], arguments[4])
	if arguments[5] then
		share = tonumber(arguments[5])
		format(other, arguments[6], arguments[7], arguments[8])
	end
end

function request()
	local requests = math.random() < share and other or usual

	return requests[math.random(sessions)]
end
