# SPDX-License-Identifier: MIT
"""serializers.py - what schemathesis does not know to send."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    return str(value).encode("utf-8", "surrogatepass")
