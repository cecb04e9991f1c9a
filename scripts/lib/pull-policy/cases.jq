# SPDX-License-Identifier: MIT
# Makes the cases of fixtures/pull-policy/table.json, one object a line: lists in a row are tried one
# by one. $client is whose requests are expected: podman, docker, containerd or cri-o.

def facts: {policy, node, registry, credentials};

# What a row says of this client takes the place of what it says of all.
def for_client: . + (.on[$client] // {}) | del(.on);

def one_by_one:
    . as $case
    | .policy[] as $policy | .node[] as $node | .registry[] as $registry | .credentials[] as $credentials
    | $case + {policy: $policy, node: $node, registry: $registry, credentials: $credentials};

def expected:
    if .runs then .runs + ".war" else .fails + (if .error then " (" + .error + ")" else "" end) end;

[.rows[]
    | . as $row
    | [(.cases // [{}])[] | ($row | del(.cases)) + . | for_client
        | {record: "-", access: "private", name: "good", listed: null, verification: ["any"], needs: [],
           status: null, error: null, runs: null, fails: null} + .
        | .verification |= if type == "array" then . else [.] end
        | one_by_one]
    | . as $cases
    | to_entries[]
    | .value + {id: ($row.row + if ($cases | length) > 1 then ".\(.key + 1)" else "" end)}
    | . + {expected: expected}][]
