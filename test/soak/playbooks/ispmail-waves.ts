import { first, last, setWavesStage } from "../../e2e/waves-stage.ts";
import { dkimKeys, ispmail, quotas } from "../ispmail.ts";
import type { SoakedPlaybook } from "../soaked-playbook.ts";

const common = ispmail("ispmail-waves");
const latchesOf = (...latches: readonly string[]) =>
  [first, last].flatMap((domain) => latches.map((latch) => `${domain}/${latch}`));

/** Two domains, one after the other. Old serves on, and hands over: no service is masked, and its settings for that stay. */
export const ispmailWaves: SoakedPlaybook = {
  ...common,
  waves: [first, last],
  setStage: setWavesStage,
  looks: {
    ...common.looks,
    "a latch of a wave":
      "cd /var/lib/mailferry/latches && find . -mindepth 2 ! -name '*.lifted' -printf '%P\\n'",
  },
  stays: {
    old: {
      "a latch": ["waves.jsonl", first, last],
      "a latch of a wave": latchesOf("old-frozen"),
      "a service": ["postfix enabled", "dovecot enabled"],
    },
    new: {
      "a latch": ["waves.jsonl", first, last],
      "a latch of a wave": latchesOf("new-opened", "new-serving"),
      "a service": ["postfix enabled", "dovecot enabled"],
    },
  },
  old: { ...common.old, isDocumented: (setting) => documented.has(setting) },
  same: { ...common.same, ...quotas, ...dkimKeys },
};

/** What the page of the playbook tells of old. */
const documented: ReadonlySet<string> = new Set([
  ...["mynetworks", "transport_maps"].map((setting) => `main.cf ${setting}`),
  ...[
    "/etc/postfix/main.cf",
    "/etc/postfix/mailferry-waves",
    "/etc/dovecot/mailferry-closed",
    "/etc/dovecot/mailferry-proxied",
    "/etc/dovecot/conf.d/00-mailferry.conf",
    "/etc/dovecot/conf.d/00-mailferry.conf.read",
    "/etc/rspamd/local.d/options.inc",
  ].flatMap((file) => [file, `${file} mode`]),
]);
