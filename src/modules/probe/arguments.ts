import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath, port, seconds, word, yesOrNo } from "../argument-schemas.ts";

/** How to reach a mail service from the task's host. */
export interface ServiceWords {
  readonly address?: string;
  readonly port?: number;
  readonly timeout?: number;
  readonly required?: boolean;
}

/** How to judge its certificate. */
export interface CertificateWords {
  readonly servername?: string;
  readonly ca_file?: string;
  readonly verify?: boolean;
}

export function serviceWords(usualPort?: number): Readonly<Record<keyof ServiceWords, JsonSchema>> {
  return {
    address: word(
      "Name or address of the service, as the task's host reaches it; 127.0.0.1, the host itself, otherwise.",
    ),
    port: port(usualPort === undefined ? "Its port." : `Its port; ${usualPort} otherwise.`),
    timeout: seconds("How long all of it may take.", 30),
    required: yesOrNo("Fail when the service can't be used; with false it is only told in `error`.", true),
  };
}

export const certificateWords: Readonly<Record<keyof CertificateWords, JsonSchema>> = {
  servername: word(
    "The name the certificate must be for; `address`, or the task's host where that is an IP address, otherwise.",
  ),
  ca_file: absolutePath("Certificates in PEM, on the task's host, to trust beside the well-known ones."),
  verify: yesOrNo("Fail when the certificate isn't trusted or isn't for this name.", true),
};

export type TlsMode = "none" | "starttls" | "implicit";

export const tlsModes = ["none", "starttls", "implicit"] as const;
