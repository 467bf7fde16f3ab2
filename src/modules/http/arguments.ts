import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath, seconds, secretText, word, yesOrNo } from "../argument-schemas.ts";

/** How to speak to a web server from the task's host. */
export interface HttpWords {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly url_username?: string;
  readonly url_password?: string;
  readonly force_basic_auth?: boolean;
  readonly validate_certs?: boolean;
  readonly ca_path?: string;
  readonly timeout?: number;
}

/** One request, and how far its redirections are followed. */
export interface HttpRequest extends HttpWords {
  readonly method: string;
  readonly body?: Buffer | undefined;
  /** "safe": only for a request that changes nothing. */
  readonly follow: "all" | "safe" | "none";
}

export const httpWords: Readonly<Record<keyof HttpWords, JsonSchema>> = {
  url: {
    type: "string",
    pattern: "^https?://",
    description: "An address that begins with http:// or https://.",
  },
  headers: {
    type: "object",
    additionalProperties: { type: ["string", "number"], pattern: "^[^\\r\\n]*$" },
    description: "Headers of the request. Use `no_log` on the task when one of them is secret.",
  },
  url_username: word("The name to log in with (Basic)."),
  url_password: secretText("Its password. It is masked wherever it would be shown."),
  force_basic_auth: yesOrNo("Taken, and always so here: the login goes with the first request."),
  validate_certs: yesOrNo("Refuse a certificate that is not trusted or is for another name.", true),
  ca_path: absolutePath(
    "A PEM file on the host with authorities to trust, beside the public ones and those that the host trusts.",
  ),
  timeout: seconds("How long the server may say nothing.", 30),
};

/** What both modules say of the way a request takes. */
export const requestedThroughHost =
  "The request goes out from the host, through its SSH connection: neither curl nor Python need be there, but sshd must allow forwarding (`AllowTcpForwarding`). Differs from Ansible: proxies are not used.";
