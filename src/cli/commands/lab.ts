import { Argument, type Command } from "commander";
import type { AddCommand } from "../context.ts";
import { finishOptions } from "../options.ts";

const usualName = "lab";

/** The options of `lab up` as commander gives them. */
export interface LabUpWords {
  readonly scenario: string;
  readonly withoutRootLogin?: boolean;
}

/** `mailferry lab`: disposable mail servers on this machine, to rehearse on. */
export const addLabCommand: AddCommand = (program, context, end) => {
  const lab = program.command("lab").description("disposable mail servers on this machine, to rehearse on");
  const add = (usage: string, description: string) => lab.command(usage).description(description);

  finishOptions(
    withName(add("up", "boot an old and a new mail server and their name server"))
      .option("--scenario <name>", "what to rehearse on it, by a playbook's name", "bullseye-to-trixie")
      .option("--without-root-login", "let Mailferry in as a user who has sudo, and nobody as root")
      .action(async (name: string, options: LabUpWords) => {
        const { bringUp } = await import("../lab.ts");
        end(await bringUp(name, options, context));
      }),
  );
  finishOptions(
    withName(add("status", "show how a lab's hosts are")).action(async (name: string) => {
      const { showLab } = await import("../lab.ts");
      end(await showLab(name, context));
    }),
  );
  finishOptions(
    withName(
      add(
        "shell",
        "open a root shell in a host of a lab, or on this machine in the lab's network",
      ).addArgument(new Argument("<host>", "which host").choices(["old", "new", "dns", "control"])),
    ).action(async (host: "old" | "new" | "dns" | "control", name: string) => {
      const { openShell } = await import("../lab.ts");
      end(await openShell(host, name));
    }),
  );
  finishOptions(
    withName(add("down", "remove a lab with all it has")).action(async (name: string) => {
      const { takeDown } = await import("../lab.ts");
      end(await takeDown(name, context));
    }),
  );
  finishOptions(
    add("list", "list the labs of this machine").action(async () => {
      const { listLabs } = await import("../lab.ts");
      end(await listLabs(context));
    }),
  );
};

function withName(command: Command): Command {
  return command.argument("[name]", "the lab's name", usualName);
}
