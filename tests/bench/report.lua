-- SPDX-License-Identifier: MIT
-- wrk: one line of numbers: requests, bytes, seconds, mean latency in microseconds, errors.
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("wrk-result %d %d %.6f %.3f %d\n", summary.requests, summary.bytes,
        summary.duration / 1e6, latency.mean,
        e.connect + e.read + e.write + e.status))
end
