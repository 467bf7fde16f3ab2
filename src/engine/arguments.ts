import { Ajv, type ValidateFunction } from "ajv";
import { BadInput, type Problem } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { JsonObject, JsonSchema } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import type { RoleScope, Task } from "../language/model.ts";

const ajv = new Ajv({ allErrors: true, strict: true, ownProperties: true, allowUnionTypes: true });
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/** Checks a task's rendered arguments against its module's schema. Throws BadInput with the place of each fault. */
export function validateArguments(task: Task, module: TaskModule, args: JsonObject): void {
  const validate = validatorOf(module.args);
  if (validate(args)) return;
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message }): Problem => ({
      message: `${module.name}: ${instancePath === "" ? "arguments" : instancePath.slice(1)} ${message ?? "is wrong"}`,
      place: task.args.placeOf(instancePath),
      hint: `The arguments of ${module.name} stand in docs/reference/modules.md.`,
    }),
  );
  throw new BadInput(problems);
}

/** Checks a role's variables against its `arguments.yml`. Only those that the schema names are looked at. */
export function validateRoleArguments(role: RoleScope, task: Task, variables: Variables): void {
  if (role.argumentsSchema === undefined) return;
  const named = Object.keys((role.argumentsSchema.properties as object | undefined) ?? {});
  const values: Record<string, unknown> = {};
  for (const name of named) if (name in variables) values[name] = variables[name];
  const validate = validatorOf(role.argumentsSchema);
  if (validate(values)) return;
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message }): Problem => ({
      message: `role ${role.name}: ${instancePath === "" ? "variables" : instancePath.slice(1)} ${message ?? "is wrong"}`,
      place: task.place,
      hint: `What the role takes stands in ${role.directory}/arguments.yml.`,
    }),
  );
  throw new BadInput(problems);
}

function validatorOf(schema: JsonSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}
