/* SPDX-License-Identifier: MIT */
/* lane.c - the lane of a request, and how it is run there. */
#include "server/http/exchange.h"

enum api_lane exchange_lane(const struct exchange *exchange)
{
	const struct api_route *route = exchange->request.route;

	return route->lane == LANE_READ && !route->storeless &&
			       exchange->httpd->options.far
		       ? LANE_READER
		       : route->lane;
}

bool exchange_is_short(const struct exchange *exchange, enum api_lane lane)
{
	return lane == LANE_READER && exchange->httpd->options.far &&
	       api_is_short(&exchange->request);
}
