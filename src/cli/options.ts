import { type Command, Option } from "commander";

/** Options that every command on a migration has. */
export interface MigrationOptions {
  readonly inventory: string;
  readonly stateDir?: string | undefined;
  readonly extraVars: readonly string[];
  readonly debug?: boolean | undefined;
}

/** Options of the commands that run plays. */
export interface PlayOptions extends MigrationOptions {
  readonly stage?: string | undefined;
  readonly check?: boolean | undefined;
  readonly diff?: boolean | undefined;
  readonly limit?: string | undefined;
  readonly tags: readonly string[];
  readonly verbose?: number | undefined;
  readonly answers?: string | undefined;
  readonly onFailure?: "retry" | "rollback" | "stop" | undefined;
  readonly yes?: boolean | undefined;
  readonly breakLock?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const several = "(may be given several times)";

/** The playbook, the inventory and where the state is kept. */
export function addMigrationOptions(command: Command): Command {
  return command
    .argument("<playbook>", "a playbook's path, or the name of one that comes with Mailferry")
    .requiredOption("-i, --inventory <file>", "the inventory: the old and the new host")
    .option("--state-dir <directory>", "where the state is kept (default: .mailferry/<migration>)")
    .option("-e, --extra-vars <k=v|@file>", `set a variable, or all of a YAML file ${several}`, collect, []);
}

/** Options of `run` and `rollback`. */
export function addPlayOptions(command: Command): Command {
  return addMigrationOptions(command)
    .option("--stage <name>", "the stage")
    .option("--check", "look only: say what would be changed")
    .option("--diff", "show the changes of text files")
    .option("-v, --verbose", "tell more; twice: tell all")
    .option("--answers <file>", "YAML file with the answers to the questions, key: value")
    .option("--yes", "answer yes to yes-or-no questions (never to one that wants a word typed)")
    .option("--break-lock", "take over the lock of a run that is certainly gone")
    .option("--json", "one JSON object per event and line");
}

/** Options of `run` alone. */
export function addRunOptions(command: Command): Command {
  return addPlayOptions(command)
    .option("-l, --limit <pattern>", "only on these hosts or groups")
    .option("-t, --tags <tags>", `only tasks with one of these tags ${several}`, collectWords, [])
    .addOption(
      new Option("--on-failure <what>", "what to do when a stage fails that can be rolled back").choices([
        "retry",
        "rollback",
        "stop",
      ]),
    );
}

const repeatable = new Set(["extra-vars", "tags", "verbose"]);

/** The last touch to a command: `--debug`, `-v` counted, and a single flag given twice is an error. */
export function finishOptions(command: Command): Command {
  command.option("--debug", "show stack traces");
  let verbose = 0;
  command.on("option:verbose", () => {
    verbose += 1;
    command.setOptionValue("verbose", verbose);
  });
  for (const option of command.options.filter((candidate) => !repeatable.has(candidate.name()))) {
    let given = 0;
    command.on(`option:${option.name()}`, () => {
      given += 1;
      if (given > 1) command.error(`error: option '${option.flags}' is given twice`);
    });
  }
  return command;
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

function collectWords(value: string, previous: readonly string[]): string[] {
  return [
    ...previous,
    ...value
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== ""),
  ];
}
