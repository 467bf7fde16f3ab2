import type { JsonSchema } from "../../contract/json.ts";
import { condition, text, texts, variables } from "./common.ts";

/** `- import_playbook: other.yml` among plays. */
export const importPlaybookSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["import_playbook"],
  properties: {
    import_playbook: text(
      "Puts the plays of another playbook here, a list of plays; its path is relative to this one. Differs from Ansible: " +
        "files and templates are looked for beside the playbook that is run.",
    ),
    name: text("What the plays are for."),
    when: condition("Each task of the plays runs only if this holds; of a list, only if all hold.", "list"),
    vars: variables("Variables for the plays, above their own."),
    tags: texts("Words that `--tags` and `--skip-tags` choose by, for all the plays."),
  },
};
