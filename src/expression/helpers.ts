import { choiceHelpers } from "./helpers/choices.ts";
import { formatHelpers } from "./helpers/formats.ts";
import type { Helpers } from "./helpers/helper.ts";
import { listHelpers } from "./helpers/lists.ts";
import { lookupHelpers } from "./helpers/lookup.ts";
import { mapHelpers } from "./helpers/maps.ts";
import { textHelpers } from "./helpers/text.ts";
import { timeHelpers } from "./helpers/time.ts";

/** The helpers by what they are about, for the reference. */
export const helperGroups: Readonly<Record<string, Helpers>> = {
  Choices: choiceHelpers,
  Text: textHelpers,
  Lists: listHelpers,
  Maps: mapHelpers,
  Formats: { ...formatHelpers, ...timeHelpers },
  Lookups: lookupHelpers,
};

/** Every helper, by its name. `cel` is beside them: it needs all variables. */
export const helpers: Helpers = Object.assign({}, ...Object.values(helperGroups)) as Helpers;

/** The names that may stand first in `{{name argument …}}`. */
export const helperNames: readonly string[] = [...Object.keys(helpers), "cel"];

/** The blocks of the template language: `{{#if x}}…{{/if}}`. */
export const blockNames: readonly string[] = ["if", "unless", "each", "with"];
