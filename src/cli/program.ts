import { Command } from "commander";
import { addCheckCommand } from "./commands/check.ts";
import { addDocCommand } from "./commands/doc.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addInitCommand } from "./commands/init.ts";
import { addInventoryCommand } from "./commands/inventory.ts";
import { addLabCommand } from "./commands/lab.ts";
import { addPlanCommand } from "./commands/plan.ts";
import { addProofCommand } from "./commands/proof.ts";
import { addRollbackCommand } from "./commands/rollback.ts";
import { addRunCommand } from "./commands/run.ts";
import { addSecretCommand } from "./commands/secret.ts";
import { addStatusCommand } from "./commands/status.ts";
import type { CommandContext } from "./context.ts";
import { packageVersion } from "./package-root.ts";

/** The command line's words. Only what parses them is loaded; each command loads its own work when it is run. */
export function createProgram(context: CommandContext, end: (exitCode: number) => void): Command {
  const program = new Command("mailferry")
    .description("Moves a mail server from an old host to a new one without losing a mail.")
    .version(packageVersion(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .exitOverride()
    .configureHelp({ helpWidth: context.surroundings.stdout.columns ?? 80 })
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .showHelpAfterError("mailferry --help shows how it is used.")
    .addHelpText("after", examples);
  for (const add of [
    addInitCommand,
    addCheckCommand,
    addDoctorCommand,
    addPlanCommand,
    addRunCommand,
    addRollbackCommand,
    addStatusCommand,
    addProofCommand,
    addInventoryCommand,
    addSecretCommand,
    addDocCommand,
    addLabCommand,
  ]) {
    add(program, context, end);
  }
  return program;
}

const examples = `
A migration, stage by stage:
  mailferry init root@mail-old.example.org root@mail-new.example.org
  mailferry check bullseye-to-trixie -i inventory.yml
  mailferry run bullseye-to-trixie -i inventory.yml --stage preflight
  mailferry status bullseye-to-trixie -i inventory.yml

Exit codes: 0 done, 1 a task failed, 2 bad input, 3 a host unreachable,
4 refused by a latch, lock or gate, 5 proof failed, 130 interrupted.`;
