/** Something a person does in a mailbox. Messages are named by their Message-IDs, folders as people read them. */
export type ImapAction =
  | { readonly do: "create" | "delete" | "subscribe" | "unsubscribe"; readonly folder: string }
  | { readonly do: "rename"; readonly folder: string; readonly to: string }
  | {
      readonly do: "append";
      readonly folder: string;
      readonly id: string;
      readonly content: Buffer;
      /** System flags and keywords. */
      readonly flags: readonly string[];
      readonly date: Date;
    }
  | {
      readonly do: "flag" | "unflag";
      readonly folder: string;
      readonly ids: readonly string[];
      readonly flag: string;
    }
  | {
      readonly do: "copy" | "move";
      readonly folder: string;
      readonly ids: readonly string[];
      readonly to: string;
    }
  | { readonly do: "expunge"; readonly folder: string; readonly ids: readonly string[] };

/** What a mailbox holds, by folder, in order of arrival. */
export type MailboxState = Readonly<Record<string, readonly StateMessage[]>>;

export interface StateMessage {
  readonly id: string;
  readonly flags: readonly string[];
}

/** What a mailbox holds after the actions, when it held nothing before (INBOX is always there). */
export function stateAfter(actions: readonly ImapAction[]): MailboxState {
  const folders = new Map<string, readonly StateMessage[]>([["INBOX", []]]);
  for (const action of actions) act(folders, action);
  return Object.fromEntries(folders);
}

function act(folders: Map<string, readonly StateMessage[]>, action: ImapAction): void {
  const messages = folders.get(action.folder) ?? [];
  const change = (update: (message: StateMessage) => StateMessage | undefined, ids: readonly string[]) =>
    messages.flatMap((message) => (ids.includes(message.id) ? (update(message) ?? []) : message));
  const chosen = "ids" in action ? messages.filter((message) => action.ids.includes(message.id)) : [];
  switch (action.do) {
    case "create":
      folders.set(action.folder, []);
      break;
    case "delete":
      folders.delete(action.folder);
      break;
    case "rename":
      folders.delete(action.folder);
      folders.set(action.to, messages);
      break;
    case "append":
      folders.set(action.folder, [...messages, { id: action.id, flags: [...action.flags].sort() }]);
      break;
    case "flag":
    case "unflag":
      folders.set(
        action.folder,
        change((message) => withFlag(message, action), action.ids),
      );
      break;
    case "copy":
    case "move":
      folders.set(action.to, [...(folders.get(action.to) ?? []), ...chosen]);
      if (action.do === "move")
        folders.set(
          action.folder,
          change(() => undefined, action.ids),
        );
      break;
    case "expunge":
      folders.set(
        action.folder,
        change(() => undefined, action.ids),
      );
      break;
  }
}

function withFlag(
  message: StateMessage,
  action: { readonly do: "flag" | "unflag"; readonly flag: string },
): StateMessage {
  const others = message.flags.filter((flag) => flag !== action.flag);
  return { ...message, flags: (action.do === "flag" ? [...others, action.flag] : others).sort() };
}
