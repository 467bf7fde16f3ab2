import type { Command } from "commander";
import type { AddCommand } from "../context.ts";
import { addKeyOptions, collect, finishOptions, type KeyOptions } from "../options.ts";

interface ValueOptions extends KeyOptions {
  readonly name?: string | undefined;
  readonly recipient?: readonly string[] | undefined;
}

const valueName = "a value of a YAML file, by the way to it: mysql.password";

/** `mailferry secret`: encrypted values and files. */
export const addSecretCommand: AddCommand = (program, context, end) => {
  const secret = program
    .command("secret")
    .description("encrypt values and files of a project, look at them and edit them");

  const encrypt = secret
    .command("encrypt")
    .description(
      "encrypt a file in its place; or a value, asked for or from standard input, as YAML to be pasted",
    )
    .argument("[file]", "a file; without it a value")
    .option("--name <name>", "the key to write before the value")
    .action(async (file: string | undefined, options: ValueOptions) => {
      const { encryptSecret } = await import("../secret/encrypt.ts");
      await encryptSecret(file, options, context);
      end(0);
    });
  const view = secret
    .command("view")
    .description("print what is encrypted in a file")
    .argument("<file>", "an encrypted file, or a YAML file with encrypted values")
    .option("--name <name>", valueName)
    .action(async (file: string, options: ValueOptions) => {
      const { viewSecret } = await import("../secret/view.ts");
      await viewSecret(file, options, context);
      end(0);
    });
  const edit = secret
    .command("edit")
    .description("edit an encrypted file, or a value, in $VISUAL or $EDITOR, and encrypt it again")
    .argument("<file>", "an encrypted file, or a YAML file with encrypted values")
    .option("--name <name>", valueName)
    .action(async (file: string, options: ValueOptions) => {
      const { editSecret } = await import("../secret/edit.ts");
      await editSecret(file, options, context);
      end(0);
    });
  const keygen = secret
    .command("keygen")
    .description("make an age identity: a file that opens, and a recipient to encrypt for")
    .argument("<file>", "where to write it; never over a file that is there")
    .action(async (file: string) => {
      const { makeIdentityFile } = await import("../secret/keygen.ts");
      await makeIdentityFile(file, context);
      end(0);
    });
  for (const command of [encrypt, edit]) addRecipientOption(command);
  for (const command of [encrypt, view, edit]) addKeyOptions(command);
  for (const command of [encrypt, view, edit, keygen]) finishOptions(command);
};

function addRecipientOption(command: Command): void {
  const help =
    "encrypt for this recipient of age; otherwise for the identities given (may be given several times)";
  command.option("--recipient <age1…>", help, collect, []);
}
