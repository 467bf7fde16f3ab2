import type { Change } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { changingModule } from "../contract/module.ts";
import { absolutePath, closed, oneOf, yesOrNo } from "./argument-schemas.ts";
import type { HttpRequest } from "./http/arguments.ts";
import { type HttpWords, httpWords, requestedThroughHost } from "./http/arguments.ts";
import { type HttpResponse, withResponse } from "./http/request.ts";

export interface UriArgs extends HttpWords {
  readonly method?: string;
  readonly body?: Json;
  readonly body_format?: "raw" | "json" | "form-urlencoded";
  readonly status_code?: number | readonly number[];
  readonly return_content?: boolean;
  readonly follow_redirects?: "all" | "safe" | "none";
  readonly creates?: string;
  readonly removes?: string;
}

export interface UriChange extends Change {
  readonly request: HttpRequest;
  readonly expected: readonly number[];
  readonly returnContent: boolean;
}

const status = { type: "integer", minimum: 100, maximum: 599 };

/** What is kept of an answer that nobody wants whole. */
const longestBytes = 16 * 1024 * 1024;

/** Sends one request to a web server and registers the answer. */
export const uri = changingModule<UriArgs, UriChange>({
  name: "uri",
  description: `Sends a request to a web server and registers \`status\`, \`url\`, \`msg\`, the headers (\`content_type\`, …), \`json\` when the answer is JSON, and \`content\` when it is asked for. Never counts as changed: \`changed_when\` says otherwise. In check mode nothing is sent; give a request that only looks \`check_mode: false\`. ${requestedThroughHost}`,
  preview: "unknown",
  shorthand: "url",
  args: closed(
    {
      ...httpWords,
      method: {
        type: "string",
        pattern: "^[A-Z]+$",
        default: "GET",
        description: "The method, in capitals.",
      },
      body: {
        description: "What is sent: a text, or with `body_format` values. A file is sent by `command: curl`.",
      },
      body_format: oneOf(
        ["raw", "json", "form-urlencoded"],
        "How `body` is written; the Content-Type is set to fit. Multipart forms are not supported: write `command: curl --form`.",
        "raw",
      ),
      status_code: {
        anyOf: [status, { type: "array", items: status, minItems: 1 }],
        default: 200,
        description: "The status, or several, that an answer must have.",
      },
      return_content: yesOrNo("Register the body of the answer as `content`.", false),
      follow_redirects: oneOf(
        ["all", "safe", "none"],
        "`safe`: follow redirections of GET and HEAD alone.",
        "safe",
      ),
      creates: absolutePath("Does nothing when there is something at this path."),
      removes: absolutePath("Does nothing when there is nothing at this path."),
    },
    { required: ["url"] },
  ),

  async check(args, host) {
    if (await isDone(args, host)) return undefined;
    const { method = "GET", follow_redirects: follow = "safe", status_code = 200 } = args;
    const { body: _values, ...words } = args;
    const { body, type } = bodyOf(args);
    const headers = { ...(type === undefined ? {} : { "Content-Type": type }), ...args.headers };
    return {
      summary: `${method} ${args.url}`,
      request: { ...words, headers, method, follow, ...(body === undefined ? {} : { body }) },
      expected: [status_code].flat(),
      returnContent: args.return_content ?? false,
    };
  },

  touches: () => [],
  async apply({ request, expected, returnContent }, host, { signal }) {
    return withResponse(host, request, signal, async (response) => {
      const result = await registeredAnswer(response, returnContent, host);
      if (expected.includes(response.status)) return { unchanged: true, result };
      const wanted = expected.join(" or ");
      throw new Failure(
        "task-failed",
        `${response.url} answered ${response.status} ${response.reason}, not ${wanted}`,
        { host: host.name, result, next: "`status_code` says which answers are right." },
      );
    });
  },
});

async function isDone({ creates, removes }: UriArgs, host: HostReader): Promise<boolean> {
  if (creates !== undefined && (await host.stat(creates)) !== undefined) return true;
  return removes !== undefined && (await host.stat(removes)) === undefined;
}

function bodyOf({ body, body_format = "raw" }: UriArgs): {
  readonly body?: Buffer;
  readonly type?: string;
} {
  if (body === undefined) return {};
  if (body_format === "form-urlencoded") {
    const text = typeof body === "string" ? body : formOf(body);
    return { body: Buffer.from(text), type: "application/x-www-form-urlencoded" };
  }
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { body: Buffer.from(text), ...(body_format === "json" ? { type: "application/json" } : {}) };
}

/** A list in a form is a field that comes several times. */
function formOf(fields: Json): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields ?? {})) {
    for (const one of [value].flat()) form.append(name, String(one));
  }
  return form.toString();
}

async function registeredAnswer(
  { status, reason, url, headers, body }: HttpResponse,
  returnContent: boolean,
  host: HostReader,
): Promise<JsonObject> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.length;
    if (sizeBytes > longestBytes) {
      throw new Failure("task-failed", `${url}: the answer is too large for a variable`, {
        host: host.name,
        next: "`get_url` puts it into a file.",
      });
    }
    pieces.push(piece);
  }
  const content = Buffer.concat(pieces).toString("utf8");
  const names = Object.entries(headers).map(([name, value]) => [name.replaceAll("-", "_"), value]);
  const json = /[/+]json\b/.test(headers["content-type"] ?? "") ? parsed(content) : undefined;
  return {
    ...(Object.fromEntries(names) as Record<string, string>),
    ...{ status, url, msg: `${status} ${reason}` },
    ...(json === undefined ? {} : { json }),
    ...(returnContent ? { content } : {}),
  };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A server that calls its answer JSON and sends none: `content` shows what it sent.
    return undefined;
  }
}
