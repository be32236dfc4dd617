#!lua
-- block: takes free places off sale, all or nothing; staff alone (the node checks the role).
-- Guarantees: S2 to S4, S7, H2; total of a category is what may be sold, so it changes here.
-- KEYS: 1–6 see lib/command
-- ARGV: 1–8 see lib/command; 9 seats "no:cat:,…"; 10 areas "no:cat::quantity,…"; 11 JSON with label and reason
-- Output: {'ok', epoch, seq, now, "seatNo,…" changed by this call, "areaNo:quantity,…"} or a refusal
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/command.lua
-- @include lib/grant.lua
-- @include lib/block.lua
return move_blocks('block', 'a', 'b')
