# SPDX-License-Identifier: MIT
"""every_item.py - an item of each type that OpenAI's API takes.

Each has what its type for requests requires, and nothing else.
"""

CALL = {"call_id": "c1"}
IMAGE = {"type": "input_image", "image_url": "https://example.com/a.png"}
PARTS = [{"type": "input_text", "text": "a"}, IMAGE,
         {**IMAGE, "detail": None}, {"type": "input_file", "file_id": "f1"}]
ACTION = {"type": "exec", "command": ["ls"], "env": {}}

EVERY_ITEM = [
    {"role": "user", "content": "a"},
    {"role": "user", "content": PARTS},
    {"role": "assistant", "content": "a"},
    {"role": "assistant", "content": [
        {"type": "output_text", "text": "a"},
        {"type": "refusal", "refusal": "no"}]},
    {"type": "message", "role": "system", "content": ""},
    {"role": "developer", "content": []},
    {"type": "function_call", **CALL, "name": "f", "arguments": "{}"},
    {"type": "function_call_output", **CALL, "output": "a"},
    {"type": "function_call_output", **CALL, "output": PARTS},
    {"type": "custom_tool_call", **CALL, "name": "f", "input": "a"},
    {"type": "custom_tool_call_output", **CALL, "output": "a"},
    {"type": "custom_tool_call_output", **CALL, "output": PARTS},
    {"type": "computer_call", "id": "cu_1", **CALL, "status": "completed",
     "pending_safety_checks": [], "action": {"type": "wait"}},
    {"type": "computer_call_output", **CALL, "output": {
        "type": "computer_screenshot", "image_url": "data:image/png,"}},
    {"type": "reasoning", "id": "rs_1", "summary": []},
    {"type": "file_search_call", "id": "fs_1", "status": "completed",
     "queries": ["a"]},
    {"type": "web_search_call", "id": "ws_1", "status": "completed",
     "action": {"type": "search", "query": "a"}},
    {"type": "image_generation_call", "id": "ig_1", "status": "completed",
     "result": "AA=="},
    {"type": "code_interpreter_call", "id": "ci_1", "status": "completed",
     "code": "1", "container_id": "c", "outputs": []},
    {"type": "local_shell_call", "id": "ls_1", **CALL, "action": ACTION,
     "status": "completed"},
    {"type": "local_shell_call_output", "id": "ls_2", "output": "{}"},
    {"type": "shell_call", **CALL, "action": {"commands": ["ls"]}},
    {"type": "shell_call_output", **CALL, "output": [
        {"stdout": "a", "stderr": "", "outcome": {"type": "timeout"}}]},
    {"type": "apply_patch_call", **CALL, "status": "completed",
     "operation": {"type": "delete_file", "path": "a"}},
    {"type": "apply_patch_call_output", **CALL, "status": "failed"},
    {"type": "mcp_list_tools", "id": "ml_1", "server_label": "s", "tools": [
        {"name": "f", "input_schema": {}}]},
    {"type": "mcp_approval_request", "id": "ma_1", "server_label": "s",
     "name": "f", "arguments": "{}"},
    {"type": "mcp_approval_response", "approval_request_id": "ma_1",
     "approve": True},
    {"type": "mcp_call", "id": "mc_1", "server_label": "s", "name": "f",
     "arguments": "{}"},
    {"type": "compaction", "encrypted_content": "gAAA"},
]
