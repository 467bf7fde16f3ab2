import type { ASTNode } from "@marcbachmann/cel-js";
import { celEnvironment } from "./cel.ts";
import { functionsOnMissing } from "./cel-functions.ts";

/** A variable in a CEL expression, by its offset in the text. */
export interface VariableUse {
  readonly name: string;
  readonly offset: number;
}

/** The variables of a CEL expression that it does not bind itself (as `list.exists(x, …)` does). Throws cel-js's ParseError. */
export function namesInExpression(text: string): readonly VariableUse[] {
  const found: VariableUse[] = [];
  walk(celEnvironment.parse(text).ast, new Set(), found);
  return found;
}

const binding: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "existsOne", "map", "filter"]);

function walk(node: ASTNode, bound: ReadonlySet<string>, found: VariableUse[]): void {
  if (node.op === "id") {
    if (!bound.has(node.args)) found.push({ name: node.args, offset: node.range.start });
    return;
  }
  // `defined(x)` asks whether something sets it: that is no use of it. Of `default(x, y)`, y is one.
  if (node.op === "call" && functionsOnMissing.includes(node.args[0])) {
    for (const child of node.args[1].slice(1)) walk(child, bound, found);
    return;
  }
  if (node.op === "rcall") {
    walkMethod(node.args, bound, found);
    return;
  }
  for (const child of childNodes(node.args)) walk(child, bound, found);
}

type MethodCall = [string, ASTNode, ASTNode[]];

function walkMethod(
  [name, receiver, args]: MethodCall,
  bound: ReadonlySet<string>,
  found: VariableUse[],
): void {
  const [variable, ...rest] = args;
  const isBind = name === "bind" && receiver.op === "id" && receiver.args === "cel";
  const binds = (binding.has(name) || isBind) && variable?.op === "id" && rest.length > 0;
  if (!isBind) walk(receiver, bound, found);
  if (!binds) {
    for (const arg of args) walk(arg, bound, found);
    return;
  }
  const inner = new Set([...bound, variable.args]);
  rest.forEach((arg, index) => {
    walk(arg, isBind && index === 0 ? bound : inner, found);
  });
}

function childNodes(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childNodes);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value && "range" in value;
}
