/* SPDX-License-Identifier: MIT */
/*
 * approx_costs.c - the tables of approx.c.
 *
 * They were fitted to o200k_base on some 14,800 texts of 160 to 900
 * characters: the Universal Declaration of Human Rights in 520 languages,
 * frequent words of 40 languages, source code, and made-up ids, numbers, logs,
 * tables and emoji.  Each cost is a number of a least-squares fit that pays for
 * what lies below 1.03 or above 1.38 times the true count, then rounded to
 * tenths.  tests/tokens/ratios_test.py shows what became of it, on other texts.
 */
#include "schema/tokens/approx_costs.h"

const char approx_pairs[26][27] = {
	"90029732694020737020196845",
	"58760788056077576058379667",
	"77770775080047068080667764",
	"06570777087082268605666869",
	"06003079999702330005716099",
	"46766179068476077060688697",
	"79890945975673797469888968",
	"08860877686788078741969776",
	"16021609945000055400939696",
	"77973667985673787868587897",
	"68730878179978997729675677",
	"15722299068167165707079607",
	"55592778178468807524978777",
	"89003900938554179900769809",
	"86106089447110209000020886",
	"66740883468038037003489827",
	"47678787678278785857076778",
	"58000626384302036002265707",
	"86640489198567307600057745",
	"47160670077513057051360909",
	"96103468868162920100998568",
	"38880778286676286568987786",
	"07783770078776776427878767",
	"38773686677848707747678578",
	"27679787976776847356977746",
	"07874677877777687978669757",
};

const char approx_signs[] =
	"0C8CCCC866CCCCCC000000000066C6CCC00000000000000000000000000CCCCE"
	"C000000000000000000000000006C6C0";

const char approx_joined[] =
	"0888888838888333000000000088838880000000000000000000000000088883"
	"80000000000000000000000000088880";

static const char approx_latin[] =
	"GEMCFEG8OCCIGFIICOIEAIC8GKIIECC597F68792I56B98CC5HC74C689DBC7667"
	"F8C5C6E7E7E7E7E7C6E7E7E7C6E7E7F8E7E7E7F8F8F8E7E7C0E7E7E77E7E7E7E"
	"7IBE7E7E77YRE7E7E7E7E7E7E7E7E760G9E7E7E7F8E7E7E7E7E7E7E7EE7C5F87";

static const char approx_greek[] =
	"9292229222222229222222929992929929999999999999999929999999992222"
	"2222222222222222222222222222222922222222929292929292929292929292"
	"2222922929922999";

static const char approx_cyr[] =
	"AAAAEA6EMACAAAAAA666866CAAC6CC6G888GCELE86M6CI66300010064360650A"
	"111A57E710G06B0044447407G3534443";

static const char approx_arm[] =
	"2888888888888888888888888888888888888882222222222222222222222222"
	"22222222222222222222222222222222";

static const char approx_arab[] =
	"6666666666666666666666666666666663144263608223291317142230444444"
	"404F10A247E66666666666666666666666666666666666666666666666666666"
	"6666666666666666666666666666666666666666666666666666666666666666"
	"6666666666666666666666666666666666666666666666666666666666666666";

const struct approx_range approx_ranges[] = {
	{ 0x0080, 0, APPROX_LETTER, 60, 60, NULL },	/* controls */
	{ 0x00a0, 1, APPROX_LETTER, 60, 80, NULL },	/* signs of Latin-1 */
	{ 0x00c0, 2, APPROX_WORD, 0, 0, approx_latin }, /* Latin */
	{ 0x0180, 2, APPROX_WORD, 0, 165, NULL },	/* Latin */
	{ 0x0250, 2, APPROX_WORD, 0, 135, NULL },	/* phonetic */
	{ 0x0300, 2, APPROX_WORD, 0, 180, NULL },	/* accents */
	{ 0x0370, 3, APPROX_LETTER, 120, 0, approx_greek }, /* Greek */
	{ 0x0400, 4, APPROX_LETTER, 60, 0, approx_cyr },    /* Cyrillic */
	{ 0x0460, 4, APPROX_LETTER, 60, 150, NULL },	    /* more Cyrillic */
	{ 0x0530, 5, APPROX_LETTER, 105, 0, approx_arm },   /* Armenian */
	{ 0x0590, 6, APPROX_LETTER, 40, 45, NULL },	    /* Hebrew */
	{ 0x0600, 7, APPROX_LETTER, 0, 0, approx_arab },    /* Arabic */
	{ 0x0700, 8, APPROX_LETTER, 0, 235, NULL },	    /* others */
	{ 0x0800, 9, APPROX_LETTER, 0, 375, NULL },	    /* others */
	{ 0x0900, 10, APPROX_LETTER, 0, 45, NULL },	    /* Devanagari */
	{ 0x0980, 11, APPROX_LETTER, 85, 30, NULL },	    /* Bengali */
	{ 0x0a00, 12, APPROX_LETTER, 60, 55, NULL },	    /* Gurmukhi */
	{ 0x0a80, 13, APPROX_LETTER, 55, 35, NULL },	    /* Gujarati */
	{ 0x0b00, 14, APPROX_LETTER, 60, 75, NULL },	    /* Odia */
	{ 0x0b80, 15, APPROX_LETTER, 50, 35, NULL },	    /* Tamil */
	{ 0x0c00, 16, APPROX_LETTER, 60, 50, NULL },	    /* Telugu */
	{ 0x0c80, 17, APPROX_LETTER, 50, 45, NULL },	    /* Kannada */
	{ 0x0d00, 18, APPROX_LETTER, 55, 35, NULL },	    /* Malayalam */
	{ 0x0d80, 19, APPROX_LETTER, 60, 60, NULL },	    /* Sinhala */
	{ 0x0e00, 20, APPROX_LETTER, 60, 45, NULL },	    /* Thai */
	{ 0x0e80, 21, APPROX_LETTER, 65, 195, NULL },	    /* Lao */
	{ 0x0f00, 22, APPROX_LETTER, 65, 165, NULL },	    /* Tibetan */
	{ 0x1000, 23, APPROX_LETTER, 70, 70, NULL },	    /* Burmese */
	{ 0x1022, 23, APPROX_LETTER, 70, 225, NULL },	    /* Mon, Shan */
	{ 0x1023, 23, APPROX_LETTER, 70, 70, NULL },	    /* Burmese */
	{ 0x1028, 23, APPROX_LETTER, 70, 225, NULL },	    /* Mon, Shan */
	{ 0x1029, 23, APPROX_LETTER, 70, 70, NULL },	    /* Burmese */
	{ 0x1033, 23, APPROX_LETTER, 70, 225, NULL },	    /* Mon, Shan */
	{ 0x1036, 23, APPROX_LETTER, 70, 70, NULL },	    /* Burmese */
	{ 0x1050, 23, APPROX_LETTER, 70, 225, NULL },	    /* Mon, Shan */
	{ 0x10a0, 24, APPROX_LETTER, 55, 30, NULL },	    /* Georgian */
	{ 0x1100, 9, APPROX_LETTER, 0, 375, NULL },	    /* others */
	{ 0x1200, 25, APPROX_LETTER, 80, 215, NULL },	    /* Ethiopic */
	{ 0x1380, 9, APPROX_LETTER, 0, 375, NULL },	    /* others */
	{ 0x1780, 26, APPROX_LETTER, 60, 70, NULL },	    /* Khmer */
	{ 0x1800, 9, APPROX_LETTER, 0, 375, NULL },	    /* others */
	{ 0x1e00, 2, APPROX_WORD, 0, 20, NULL },       /* Latin, Vietnamese */
	{ 0x1f00, 3, APPROX_LETTER, 120, 170, NULL },  /* old Greek */
	{ 0x2000, 27, APPROX_SYMBOL, 60, 30, NULL },   /* punctuation */
	{ 0x2070, 28, APPROX_SYMBOL, 0, 140, NULL },   /* symbols */
	{ 0x2380, 9, APPROX_LETTER, 0, 375, NULL },    /* others */
	{ 0x2480, 28, APPROX_SYMBOL, 0, 140, NULL },   /* symbols */
	{ 0x2500, 29, APPROX_SYMBOL, 0, 170, NULL },   /* boxes */
	{ 0x25a0, 28, APPROX_SYMBOL, 0, 140, NULL },   /* symbols */
	{ 0x2680, 9, APPROX_LETTER, 0, 375, NULL },    /* others */
	{ 0x2700, 28, APPROX_SYMBOL, 0, 140, NULL },   /* symbols */
	{ 0x2800, 9, APPROX_LETTER, 0, 375, NULL },    /* others */
	{ 0x3000, 30, APPROX_SYMBOL, 0, 50, NULL },    /* CJK punctuation */
	{ 0x3040, 31, APPROX_LETTER, 70, 70, NULL },   /* Hiragana */
	{ 0x30a0, 32, APPROX_LETTER, 70, 80, NULL },   /* Katakana */
	{ 0x3100, 33, APPROX_LETTER, 0, 190, NULL },   /* Bopomofo */
	{ 0x3130, 9, APPROX_LETTER, 0, 375, NULL },    /* others */
	{ 0x4e00, 34, APPROX_LETTER, 0, 95, NULL },    /* Han */
	{ 0xa000, 9, APPROX_LETTER, 0, 375, NULL },    /* others */
	{ 0xac00, 35, APPROX_LETTER, 60, 65, NULL },   /* Hangul */
	{ 0xd7a4, 9, APPROX_LETTER, 0, 375, NULL },    /* others */
	{ 0xfe00, 36, APPROX_LETTER, 60, 75, NULL },   /* variation selectors */
	{ 0xfe10, 9, APPROX_LETTER, 0, 375, NULL },    /* others */
	{ 0xfe70, 8, APPROX_LETTER, 0, 235, NULL },    /* others */
	{ 0xff00, 37, APPROX_LETTER, 60, 150, NULL },  /* full width */
	{ 0xff65, 8, APPROX_LETTER, 0, 235, NULL },    /* others */
	{ 0x10000, 38, APPROX_LETTER, 0, 455, NULL },  /* others */
	{ 0x1d400, 9, APPROX_LETTER, 0, 375, NULL },   /* others */
	{ 0x1d800, 38, APPROX_LETTER, 0, 455, NULL },  /* others */
	{ 0x1f000, 9, APPROX_LETTER, 0, 375, NULL },   /* others */
	{ 0x1f1e6, 39, APPROX_LETTER, 60, 105, NULL }, /* flags */
	{ 0x1f200, 9, APPROX_LETTER, 0, 375, NULL },   /* others */
	{ 0x1f300, 40, APPROX_LETTER, 0, 210, NULL },  /* emoji */
	{ 0x1f3fb, 41, APPROX_LETTER, 60, 85, NULL },  /* skin tones */
	{ 0x1f400, 40, APPROX_LETTER, 0, 210, NULL },  /* emoji */
	{ 0x1f54e, 9, APPROX_LETTER, 0, 375, NULL },   /* others */
	{ 0x1f5fb, 40, APPROX_LETTER, 0, 210, NULL },  /* emoji */
	{ 0x1f650, 9, APPROX_LETTER, 0, 375, NULL },   /* others */
	{ 0x1f680, 40, APPROX_LETTER, 0, 210, NULL },  /* emoji */
	{ 0x1f700, 9, APPROX_LETTER, 0, 375, NULL },   /* others */
	{ 0x1f90c, 40, APPROX_LETTER, 0, 210, NULL },  /* emoji */
	{ 0x1fa00, 9, APPROX_LETTER, 0, 375, NULL },   /* others */
	{ 0x20000, 38, APPROX_LETTER, 0, 455, NULL },  /* others */
	{ 0x110000, 0, APPROX_LETTER, 0, 0, NULL },
};

const size_t approx_range_count =
	sizeof(approx_ranges) / sizeof(*approx_ranges) - 1;
