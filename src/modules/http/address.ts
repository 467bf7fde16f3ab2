import { BadInput } from "../../contract/errors.ts";

/** The address, taken apart. Throws BadInput when it is none that can be asked. */
export function addressOf(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined) throw new BadInput([{ message: `"${given}" is no address of the web` }]);
  if (!["http:", "https:"].includes(url.protocol)) {
    throw new BadInput([{ message: `${url.protocol}//… can't be fetched: it must be http:// or https://` }]);
  }
  if (url.username === "" && url.password === "") return url;
  throw new BadInput([
    {
      message: "an address must hold no login",
      hint: "Write `url_username` and `url_password`: an address is shown, and kept in the journal.",
    },
  ]);
}

/** The name to connect to: an IPv6 address without its brackets. */
export function hostNameOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}
