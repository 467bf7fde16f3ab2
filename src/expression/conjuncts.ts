import { type ASTNode, ParseError, serialize } from "@marcbachmann/cel-js";
import { celEnvironment } from "./cel.ts";

/** The parts of a condition that all have to hold, each in CEL's plain spelling. None for one that can't be read. */
export function conjunctsOf(text: string): string[] {
  try {
    return split(celEnvironment.parse(text).ast).map((part) => serialize(part));
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
}

function split(node: ASTNode): ASTNode[] {
  return node.op === "&&" ? node.args.flatMap(split) : [node];
}
