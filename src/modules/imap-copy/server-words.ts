import { closed, oneOf, port, seconds, secretText, word, yesOrNo } from "../argument-schemas.ts";
import { type CertificateWords, certificateWords, type TlsMode, tlsModes } from "../probe/arguments.ts";

/** How one of the two IMAP servers is reached, and as whom. */
export interface ServerWords extends CertificateWords {
  readonly address: string;
  readonly port?: number;
  readonly tls?: TlsMode;
  readonly timeout?: number;
  readonly compress?: boolean;
  readonly master_user?: string;
  readonly master_password?: string;
  readonly master_login?: "separator" | "authzid";
  readonly master_separator?: string;
  /** Where else it is reached: at 127.0.0.1 of a host. */
  readonly inside?: Inside | undefined;
}

export interface Inside {
  readonly host: string;
  readonly port: number;
}

/** The schema of `old` and `new`. */
export const serverWords = (which: string) => ({
  ...closed(
    {
      address: word("Its name or address, as the task's host reaches it."),
      port: port("Its port; 993 otherwise, or 143 with another `tls` than implicit."),
      tls: oneOf(tlsModes, "How TLS begins.", "implicit"),
      timeout: seconds("How long it may be silent.", 120),
      compress: yesOrNo(
        "Compress what goes over its connections, where it can: for slow lines. It takes processor time on both sides.",
        false,
      ),
      ...certificateWords,
      master_user: word(
        "Who may open every user's mailbox. Without one, each user's own password is needed.",
      ),
      master_password: secretText("The master user's password."),
      master_login: oneOf(
        ["separator", "authzid"],
        "How a master user names the mailbox: `USER*MASTER` as the user's name, as Dovecot takes it, or SASL PLAIN's authorization identity.",
        "separator",
      ),
      master_separator: word("What stands between the two names; `*` otherwise."),
    },
    { required: ["address"], dependencies: { master_user: ["master_password"] } },
  ),
  description: which,
});

/** The schema of `new_inside`. */
export const insideWords = {
  ...closed(
    { host: word("The host, by its name in the inventory."), port: port("The port there.") },
    { required: ["host", "port"] },
  ),
  description:
    "`new` is reached at 127.0.0.1 of that host, through Mailferry's connection to it: a server that nobody else reaches. It stays known by its `address`.",
};

/** The port that is meant. */
export function portOf({ port: told, tls = "implicit" }: ServerWords): number {
  return told ?? (tls === "implicit" ? 993 : 143);
}

/** Which server it is, for people and for notes. */
export function placeOf(server: ServerWords): string {
  return `${server.address}:${portOf(server)}`;
}
