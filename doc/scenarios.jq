# SPDX-License-Identifier: MIT
# The tables of scenarios.md: ocimock scenario list --json | jq -r -f doc/scenarios.jq
def cell: tostring | gsub("\\|"; "\\|") | gsub("\n"; " ");
def preset: if has("default") and .default != null then " = \(.default | if type == "array" then join(",") else . end)" else "" end;
def parameter: "`\(.name)\(preset)`\(if .required then " (required)" else "" end) \(.help)";

"| scenario | what happens | parameters |",
"| --- | --- | --- |",
(.scenarios[] |
    "| `\(.name)` | \(.summary + (if .needs then ". Needs \(.needs)" else "" end) | cell) | " +
    "\([.parameters[]? | parameter] | join("<br>") | cell) |"),
"",
"| scenario | client | versions | what it does | known from |",
"| --- | --- | --- | --- | --- |",
(.scenarios[] | .name as $name | .clients[] |
    "| `\($name)` | \(.client | cell) | \(.versions // "" | cell) | \(.does | cell) | \(.evidence) |")
