import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { isMap, type Json, type JsonObject } from "../contract/json.ts";
import { renderValue } from "../expression/template.ts";
import type { Task } from "../language/model/task.ts";
import type { Environment } from "../language/model/words.ts";
import type { ConnectedHost } from "./hosts.ts";

/** A host on which every command of a module gets the task's `environment`; what the module sets itself wins. */
export function withEnvironment(host: ConnectedHost, task: Task, variables: Variables): ConnectedHost {
  const given = environmentOf(task, variables);
  if (Object.keys(given).length === 0) return host;
  const under = <Options extends { readonly environment?: Readonly<Record<string, string>> | undefined }>(
    options: Options,
  ): Options => ({ ...options, environment: { ...given, ...options.environment } });
  return {
    name: host.name,
    address: host.address,
    facts: host.facts,
    probe: (argv, options = {}) => host.probe(argv, under(options)),
    stat: (path) => host.stat(path),
    readFile: (path) => host.readFile(path),
    readText: (path) => host.readText(path),
    lookAt: (path) => host.lookAt(path),
    gatherFacts: () => host.gatherFacts(),
    openTunnel: (address, port) => host.openTunnel(address, port),
    run: (argv, options = {}) => host.run(argv, under(options)),
    writeFile: (path, content, options) => host.writeFile(path, content, options),
    runJob: (spec) => host.runJob(under(spec)),
    startJob: (id, spec) => host.startJob(id, under(spec)),
    followJob: (id, options) => host.followJob(id, options),
    lookAtJob: (id) => host.lookAtJob(id),
    cancelJob: (id) => host.cancelJob(id),
    removeJob: (id) => host.removeJob(id),
    listJobs: (prefix) => host.listJobs(prefix),
  };
}

/** The task's environment variables, rendered; those of the outermost play or block first, inner ones over them. */
function environmentOf(task: Task, variables: Variables): Record<string, string> {
  const all: Record<string, string> = {};
  for (const environment of task.environment) {
    const rendered = renderValue(environment.value, variables, environment.placeOf);
    for (const [name, value] of Object.entries<Json>(asMap(rendered, environment))) {
      if (typeof value === "object") throw notAMap(environment, `\`${name}\` of \`environment\` is no text`);
      all[name] = String(value);
    }
  }
  return all;
}

function asMap(value: Json, environment: Environment): JsonObject {
  if (isMap(value)) return value;
  throw notAMap(environment, "`environment` is no map of variables");
}

function notAMap({ placeOf }: Environment, message: string): BadInput {
  return new BadInput([{ message, place: placeOf(""), hint: "write `NAME: value` for each variable" }]);
}
