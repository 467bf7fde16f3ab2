import type { AddCommand } from "../context.ts";
import { addInventoryOptions, finishOptions } from "../options.ts";
import type { ShowInventoryOptions } from "../show-inventory.ts";

/** `mailferry inventory`: what the inventory says, as it was read. */
export const addInventoryCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("inventory")
    .description("show the inventory as it was read, or where a variable of a host comes from")
    .action(async (options: ShowInventoryOptions) => {
      const { showInventory } = await import("../show-inventory.ts");
      end(await showInventory(options, context));
    });
  finishOptions(
    addInventoryOptions(command)
      .option("-p, --playbook <playbook>", "look at this playbook and its roles too")
      .option("--list", "everything, in the shape of `ansible-inventory --list` (the default)")
      .option("--graph", "groups and hosts as a tree")
      .option("--host <name>", "the variables of one host")
      .option("--explain <variable>", "with --host: every place that sets the variable, and which one wins")
      .option("-y, --yaml", "YAML in place of JSON"),
  );
};
