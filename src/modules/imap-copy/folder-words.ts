import { type FolderMapper, mapFolders, mapFoldersBack } from "../../mail/imap-folder-map.ts";
import { word, yesOrNo } from "../argument-schemas.ts";

/** The words of a task about folders. */
export interface FolderWords {
  readonly folders?: Readonly<Record<string, string>>;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly special_use?: boolean;
  readonly substitute?: string;
}

const names = { type: "array", items: { type: "string", minLength: 1 } } as const;

export const folderWords = {
  folders: {
    type: "object",
    additionalProperties: { type: "string", minLength: 1 },
    description:
      "Folders that get another name, with what lies below: old's name, then new's. Names here have `/` between their parts, whatever the servers have.",
  },
  include: { ...names, minItems: 1, description: "Only these folders, with what lies below." },
  exclude: { ...names, description: "Not these folders, nor what lies below." },
  special_use: yesOrNo(
    "A folder for sent mail, drafts, junk, trash or archive goes into the one that new has for it, whatever that is called.",
    true,
  ),
  substitute: word("Stands in a folder's name for a character that is new's separator; `_` otherwise."),
} as const;

/** Which folder becomes which; `isBack`: of new's on old. */
export function mapperOf(words: FolderWords, isBack: boolean): FolderMapper {
  const map = isBack ? mapFoldersBack : mapFolders;
  const rules = {
    names: words.folders ?? {},
    only: words.include,
    except: words.exclude ?? [],
    bySpecialUse: words.special_use ?? true,
    substitute: words.substitute ?? "_",
  };
  return (from, to, known) => map(from, to, rules, known);
}
