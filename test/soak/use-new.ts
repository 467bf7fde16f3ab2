import { takeSnapshot } from "../../src/lab/check/snapshot.ts";
import type { Stage } from "../e2e/rehearse.ts";

/** Each user of new sets flags and takes others away, and makes a folder with a draft. The stage's `before` is what is there then. */
export async function useNew(stage: Stage): Promise<Stage> {
  await stage.lab.hosts.new.run(["sh", "-euc", work]);
  return { ...stage, before: await takeSnapshot(stage.lab.hosts.new) };
}

// What they delete or move would be on old again, where it was.
const work = `
  for user in $(doveadm user '*'); do
    doveadm flags add -u "$user" '\\Flagged $Marked' mailbox INBOX UID 1:5
    doveadm flags remove -u "$user" '\\Seen' mailbox INBOX UID 4:8
    doveadm mailbox create -u "$user" -s 'Made on new'
    printf 'From: %s\\r\\nMessage-ID: <draft-on-new.%s>\\r\\nSubject: a draft\\r\\n\\r\\nlater\\r\\n' "$user" "$user" |
      doveadm save -u "$user" -m 'Made on new'
  done`;
