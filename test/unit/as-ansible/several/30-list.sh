#!/bin/sh
[ "$1" = --list ] || exit 1
cat <<'END'
{
  "_meta": { "hostvars": { "extra.example.org": { "rack": "c" }, "db-c.example.org": { "role": "replica" } } },
  "dynamic": { "hosts": ["extra.example.org", "db-c.example.org"], "vars": { "from": "script" } },
  "sites": { "children": ["dynamic"] }
}
END
