import type { ControlReader } from "../contract/control-reader.ts";
import type { Variables } from "../contract/host.ts";
import { HelperError } from "./helpers/helper.ts";

const readerKey = Symbol("control");

/** Lets `lookup` in templates with these variables read with the reader; invisible to everything else that reads them. */
export function withControlReader(variables: Variables, reader: ControlReader | undefined): Variables {
  if (reader !== undefined) Object.defineProperty(variables, readerKey, { value: reader });
  return variables;
}

/** The reader of the variables. Without one, every lookup on control is refused. */
export function controlReaderOf(variables: object): ControlReader {
  const held: { readonly [readerKey]?: ControlReader } = variables;
  return held[readerKey] ?? closed;
}

const closed: ControlReader = { environment: refuse, file: refuse };

function refuse(): never {
  throw new HelperError(
    "nothing of control can be looked up in this place",
    "pass the value by -e NAME=VALUE",
  );
}
