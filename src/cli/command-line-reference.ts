import type { Command } from "commander";

/** The command line as a page of Markdown, made from the words that the program parses. */
export function commandLineReference(program: Command): string {
  return `${[opening, ...commandsOf(program).map(section), exits].join("\n\n")}\n`;
}

const opening = `# Command line

Every migration has a playbook and an inventory; its state is kept in \`.mailferry/<migration>\` of the working directory.
A playbook is named by its path, or by its name when it comes with Mailferry.

This page is made from the code: \`npm run reference\` writes it.`;

const exits =
  "The exit codes stand in [exit-codes.md](exit-codes.md), the events of `--json` in [events.md](events.md).";

/** The commands that do something; of \`lab\` its own ones. */
function commandsOf(command: Command): Command[] {
  return command.commands.flatMap((child) => (child.commands.length === 0 ? [child] : commandsOf(child)));
}

function section(command: Command): string {
  const words = [fullName(command), ...command.registeredArguments.map((argument) => argumentWord(argument))];
  const rows = command.options.map(({ flags, description, argChoices }) => {
    const choices = argChoices === undefined ? "" : `: ${argChoices.join(", ")}`;
    return `| \`${flags.replaceAll("|", "\\|")}\` | ${plain(description)}${choices} |`;
  });
  const table = ["| option | means |", "|---|---|", ...rows].join("\n");
  const sentence = `${command.description().charAt(0).toUpperCase()}${command.description().slice(1)}.`;
  return `## \`${words.join(" ")}\`\n\n${sentence}${argumentNotes(command)}\n\n${table}`;
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function argumentWord(argument: Command["registeredArguments"][number]): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function argumentNotes(command: Command): string {
  const notes = command.registeredArguments.map((argument) => {
    const choices = argument.argChoices === undefined ? "" : `: ${argument.argChoices.join(", ")}`;
    const usual = argument.defaultValue === undefined ? "" : ` (default: ${String(argument.defaultValue)})`;
    return `\n- \`${argument.name()}\`: ${argument.description}${choices}${usual}`;
  });
  return notes.length === 0 ? "" : `\n${notes.join("")}`;
}

/** Angle brackets would be taken for HTML. */
function plain(text: string): string {
  return text.replaceAll("<", "\\<");
}
