import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { isList, isMap, type Json } from "../../contract/json.ts";
import { textOf, wholeOf } from "./arguments.ts";
import { HelperError, type Helpers } from "./helper.ts";

/** Helpers that write a value in another form. */
export const formatHelpers: Helpers = {
  json: {
    usage: "json VALUE [INDENT]",
    description: "The value as JSON, on one line or set in by INDENT spaces.",
    example: ['{{json (split "a,b")}}', '["a","b"]'],
    run: ([value, indent = 0]) => JSON.stringify(value, undefined, wholeOf(indent)),
    cel: "string",
  },
  yaml: {
    usage: "yaml VALUE",
    description: "The value as YAML, without an end of line behind it.",
    example: ['{{yaml (split "a,b")}}', "- a\n- b"],
    run: ([value]) => stringify(plain(value ?? null)).trimEnd(),
    cel: "string",
  },
  base64: {
    usage: "base64 TEXT",
    description: "The text's UTF-8 bytes in base64 (Ansible's `b64encode`).",
    example: ['{{base64 "mail"}}', "bWFpbA=="],
    run: ([text]) => Buffer.from(textOf(text), "utf8").toString("base64"),
    cel: "string",
  },
  base64Decode: {
    usage: "base64Decode TEXT",
    description: "The text that stands in base64 (Ansible's `b64decode`), as for what `slurp` brings.",
    example: ['{{base64Decode "bWFpbA=="}}', "mail"],
    run: ([text]) => decode(textOf(text)),
    cel: "string",
  },
  hash: {
    usage: 'hash TEXT ["ALGORITHM"]',
    description: `The checksum of the text in hexadecimal digits, by \`sha256\` unless told otherwise; also \`sha512\`, \`sha1\`, \`md5\`.`,
    example: ['{{hash "mail" "md5"}}', "b83a886a5c437ccd9ac15473fd6f1788"],
    run: ([text, algorithm = "sha256"]) => checksum(textOf(text), textOf(algorithm)),
    cel: "string",
  },
};

/** Variables are read through getters of an object without a prototype; the writer of YAML wants plain data. */
function plain(value: Json): Json {
  if (isList(value)) return value.map(plain);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries<Json>(value).map(([key, entry]) => [key, plain(entry)]));
}

function decode(text: string): string {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) throw new HelperError("this is not base64");
  const bytes = Buffer.from(text, "base64");
  const decoded = bytes.toString("utf8");
  if (Buffer.from(decoded, "utf8").equals(bytes)) return decoded;
  throw new HelperError("what stands in this base64 is no text");
}

const algorithms: readonly string[] = ["sha256", "sha512", "sha1", "md5"];

function checksum(text: string, algorithm: string): string {
  if (!algorithms.includes(algorithm)) {
    throw new HelperError(`there is no checksum "${algorithm}"`, `take one of ${algorithms.join(", ")}`);
  }
  return createHash(algorithm).update(text, "utf8").digest("hex");
}
