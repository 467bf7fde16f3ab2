import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import { renderValue } from "../expression/template.ts";
import { checkRoleVariables } from "../language/checks/check-role-arguments.ts";
import type { Task } from "../language/model/task.ts";
import { checkArguments } from "../language/module-arguments.ts";

/** A task's arguments, rendered and checked against its module's schema. Throws BadInput with the place of each fault. */
export function argumentsOf(task: Task, module: TaskModule, variables: Variables): JsonObject {
  const { values, placeOf } = task.args;
  // A value that the shell would read as its own has to be quoted by the playbook's author.
  const shellText = module.name === "shell" ? "/cmd" : undefined;
  const args = withoutNulls(renderValue(values, variables, placeOf, shellText) as JsonObject);
  const problems = checkArguments(module, args, placeOf);
  if (problems.length > 0) throw new BadInput(problems);
  return args;
}

// An argument that is null is one that is not given: so a role can leave one out by a variable.
function withoutNulls(args: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

/** Checks the variables of the task's role against its `arguments.yml`. Throws BadInput. */
export function requireRoleArguments(task: Task, variables: Variables): void {
  if (task.role === undefined) return;
  const problems = checkRoleVariables(task.role, variables, task.place);
  if (problems.length > 0) throw new BadInput(problems);
}
