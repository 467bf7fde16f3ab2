import { Failure } from "../../contract/errors.ts";
import { lookingModule } from "../../contract/module.ts";
import { readable } from "../../mail/byte-text.ts";
import { missingMessages } from "../../mail/merge-plan.ts";
import { messagePath } from "../../mail/message-listing.ts";
import { absolutePath, closed, word, yesOrNo } from "../argument-schemas.ts";
import { plainDirectory } from "../rsync-pull/refusals.ts";
import { namesByGuid, namesOfFiles, sideOf } from "./control-files.ts";
import { listMessages } from "./list-messages.ts";
import { mergeSource } from "./merge-source.ts";

export interface MailMergeProofArgs {
  readonly from: string;
  readonly path: string;
  readonly source?: string;
  readonly allow_empty?: boolean;
}

/** So many missing messages are named. */
const namedAtMost = 20;

/** Proves that all mail of a frozen new server is on old. */
export const mailMergeProof = lookingModule<MailMergeProofArgs>({
  name: "mail_merge_proof",
  isGuard: true,
  description:
    "Lists the messages of the new host and of this old one, and fails (exit code 5) when one of new's is not here, by folder, name and size (with `source` by folder and GUID). The latch `new-opened` is not lifted without one of each root that was merged. Registers `messages`.",
  args: closed(
    {
      from: word("The new host, by its name in the inventory."),
      path: absolutePath("The mail root, on both hosts."),
      source: mergeSource,
      allow_empty: yesOrNo("New has no message at all. Otherwise that says that the path is wrong.", false),
    },
    { required: ["from", "path"] },
  ),

  async look({ from, path, source, allow_empty = false }, host, context) {
    const root = plainDirectory(path, "path");
    const takenAt = new Date().toISOString();
    const peer = await context.peer(from);
    const isConverted = source !== undefined;
    const theirs = isConverted ? plainDirectory(source, "source") : root;
    const names = isConverted
      ? await namesByGuid(...(await Promise.all([sideOf(host, root), sideOf(peer, theirs)])))
      : namesOfFiles();
    const [here, there] = await Promise.all([
      listMessages(host, root, context),
      listMessages(peer, theirs, context),
    ]);
    const [ours, brought] = [names.here.name(here.messages()), names.there.name(there.messages())];
    let messages = 0;
    let missing = 0;
    const named: string[] = [];
    const onBoth = () => {
      messages += 1;
    };
    for await (const message of missingMessages(ours, brought, onBoth, { isConverted })) {
      missing += 1;
      if (named.length < namedAtMost) named.push(readable(messagePath(message)));
    }
    await Promise.all([here.remove(), there.remove()]);
    if (missing > 0) throw notThere(missing, messages, named, from, host.name);
    if (messages === 0 && !allow_empty) throw nothingProven(from, root);
    return {
      result: { messages },
      message: `all ${messages} messages of ${from} are on ${host.name}`,
      proof: { oldHost: host.name, newHost: from, takenAt, isBack: true, root },
    };
  },
});

function notThere(
  missing: number,
  messages: number,
  named: readonly string[],
  from: string,
  host: string,
): Failure {
  const lines = named.map((name) => `  ${name}`);
  const what = `${missing} messages of ${from} are not on ${host} (${messages} are):`;
  return new Failure("proof-failed", [what, ...lines].join("\n"), {
    host,
    next: "Nothing is opened. Run the stage again: it brings back what is missing.",
  });
}

function nothingProven(from: string, path: string): Failure {
  return new Failure("proof-failed", `${from} has no message below ${path}: that proves nothing`, {
    host: from,
    next: "Is the mail root right (vmail_directory of the roles)? Where there is no mail yet, say `allow_empty: true`.",
  });
}
