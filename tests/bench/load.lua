-- SPDX-License-Identifier: MIT
-- load.lua - one kind of request to a thousand sessions, for wrk.
--
--	wrk -s tests/bench/load.lua URL -- append|read|redis-append|redis-read

local message = '{"type":"human","data":{"content":"' ..
	string.rep("x", 113) .. '"}}'

local function escape(text)
	return (text:gsub("[^%w]", function(c)
		return string.format("%%%02X", c:byte())
	end))
end

local kinds = {
	["append"] = function(session)
		return wrk.format("POST", "/sessions/" .. session ..
			"/messages", nil, message)
	end,
	["read"] = function(session)
		return wrk.format("GET", "/sessions/" .. session ..
			"/messages?last=20")
	end,
	["redis-append"] = function(session)
		return wrk.format("POST", "/", nil, "RPUSH/" .. session ..
			"/" .. escape(message))
	end,
	["redis-read"] = function(session)
		return wrk.format("GET", "/LRANGE/" .. session .. "/-20/-1")
	end,
}

local threads = 0
local requests = {}

function setup(thread)
	threads = threads + 1
	thread:set("number", threads)
end

function init(arguments)
	local format = kinds[arguments[1]]

	wrk.headers["Content-Type"] = "application/json"
	math.randomseed(number)
	for session = 1, 1000 do
		requests[session] = format("s" .. session)
	end
end

function request()
	return requests[math.random(1000)]
end
