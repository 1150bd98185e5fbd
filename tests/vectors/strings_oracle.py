# SPDX-License-Identifier: MIT
"""strings_oracle.py - the buffer strings of a langchain-core: for each line, a list
of stored messages, a line with the string, or null if it refuses them.
"""

import json
import sys

from langchain_core.messages import get_buffer_string, messages_from_dict

for line in sys.stdin:
    try:
        string = get_buffer_string(messages_from_dict(json.loads(line)))
    except Exception:  # pydantic's, LangChain's and Python's own
        string = None
    print(json.dumps(string))
