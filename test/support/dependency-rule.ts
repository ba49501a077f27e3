/**
 * The one dependency rule, and a few more that a text can show, as a pure check over sources:
 *
 *     domain <- ports <- app <- adapters <- roots (main, cli, *-thread, composition; config beside them)
 *       std below all but the domain
 *
 * A file imports only from its own ring and from rings to its left. Driven adapters see only `ports` and `domain`;
 * adapter folders never import each other. The domain is pure: no Effect runtime, no clock, no chance, no process.
 * What is only shown decides nothing: among the application only those who show it see those ports.
 * Receipts are issued by ledgers alone (`ports/receipt.ts`).
 * `std` holds named structures that know no shop: it imports nothing of ours, and the domain does without it.
 * Nowhere is a context captured together with the scope in it.
 */
import { posix } from "node:path"
import { codeOf, type Import, importsOf } from "./source-scan.ts"

export type Rule =
  | "ring"
  | "std"
  | "driven-adapter"
  | "adapter-folders"
  | "receipt"
  | "shown"
  | "config"
  | "environment"
  | "packages"
  | "domain-effect"
  | "domain-purity"
  | "captured-scope"
  | "stack-frame"
  | "size"
  | "cycle"
  | "unresolved"

export interface Violation {
  readonly rule: Rule
  readonly file: string
  readonly detail: string
}

/** Path from the repository's root (`src/...`) to source text. */
export type Sources = ReadonlyMap<string, string>

const RINGS = ["std", "domain", "ports", "app", "adapters", "roots"] as const
type Ring = (typeof RINGS)[number]

const ROOTS = new Set([
  "src/main.ts",
  "src/facts-thread.ts",
  "src/http-thread.ts",
  "src/inventory-thread.ts",
  "src/cli.ts",
])

/** Parts of roots: the knobs, what is chosen by them, and the programs of the command line that compare and teach. */
const ROOT_FOLDERS = new Set(["config", "composition", "lab", "learn"])

/** Adapters that call the application, or carry it to another thread; all others are called by it. */
const DRIVING = new Set(["http", "cli", "threads"])

/** Modules of `effect` that are data and functions on data: nothing in them runs, waits or tells the time. */
const DATA_MODULES = new Set(
  (
    "Array BigDecimal Brand Chunk Data Equal Equivalence Function HashMap HashSet Hash Number Option Order Predicate " +
    "Record Result Schema String Struct Tuple flow identity pipe"
  ).split(" "),
)

const IMPURE = /\b(Date\.now|Math\.random|new Date\(|performance\.|process\.|setTimeout|setInterval|crypto\.|fetch\()/

/** A named variable; handing the whole environment on to a child process is no knob. */
const KNOB = /\bprocess\.env( \[|\.)/

/**
 * The context of a layer holds the layer's own scope. Provided to something scoped it takes the place of the caller's, and
 * what should have ended with the caller lives as long as the layer. Run as a whole it hides no scope.
 */
const CAPTURED_CONTEXT = /\bEffect\.context\b/g
const SCOPELESS = /(\bContext\.omit\(Scope\.Scope \)|\bEffect\.run\w+With)\(yield \* $/

/** A file above this is two concepts. */
const LINES_MAX = 350

/** As they stand on the page, comments and blank lines too. */
const FUNCTION_LINES_MAX = 60

/** A line that a function's body begins behind. */
const OPENS = /(=>( [({[]+)?|\bfunction\b.*\{|^ *(static |async |get |set |\*)*#?\w+\(.*\)(: .+)? \{)$/
const CONTROL = /^ *(if|for|while|switch|catch|else|return|constructor) ?\(/
const indent = (line: string): number => /^ */.exec(line)![0].length

/** How long its functions are: each ends where the formatter's indentation closes. */
const functionsOf = (source: string): ReadonlyArray<{ readonly at: number; readonly lines: number }> => {
  const lines = source.split("\n")
  const isOutside = (line: string, depth: number): boolean => line.trim() !== "" && indent(line) <= depth
  return lines.flatMap((line, index) => {
    if (!OPENS.test(line) || CONTROL.test(line)) return []
    const depth = indent(line)
    // Behind parameters that take several lines it begins with their first one.
    const parameters = /^ *\)/.test(line) ? lines.slice(0, index).findLastIndex((each) => isOutside(each, depth)) : -1
    const at = parameters < 0 ? index : parameters
    const next = lines.findIndex((each, below) => below > index && isOutside(each, depth))
    const end = next < 0 ? lines.length : /^ *[)}\]]/.test(lines[next]!) ? next + 1 : next
    return [{ at: at + 1, lines: end - at }]
  })
}

const ringOf = (file: string): Ring | null => {
  if (ROOTS.has(file)) return "roots"
  const folder = file.split("/")[1]!
  if (ROOT_FOLDERS.has(folder)) return "roots"
  return RINGS.find((ring) => ring === folder && ring !== "roots") ?? null
}

/** The folder of an adapter: `src/adapters/postgres/ledger.ts` lies in `postgres`. */
const adapterOf = (file: string): string => file.split("/")[2]!

const ringProblem = (file: string, target: string): Rule | null => {
  const from = ringOf(file)
  const to = ringOf(target)
  // A file outside of all rings is reported once, itself.
  if (from === null || to === null) return null
  if (target.startsWith("src/config/") && from !== "roots") return "config"
  if (to === "std") return from === "domain" ? "std" : null
  if (from === "std") return "std"
  if (RINGS.indexOf(to) > RINGS.indexOf(from)) return "ring"
  if (from !== "adapters") return null
  if (to === "adapters") return adapterOf(file) === adapterOf(target) ? null : "adapter-folders"
  return to === "app" && !DRIVING.has(adapterOf(file)) ? "driven-adapter" : null
}

/** Only a ledger says what is durable (I4). */
const receiptProblem = (file: string, target: string, { names }: Import): Rule | null => {
  if (target !== "src/ports/receipt.ts" || /^src\/adapters\/[^/]+\/ledger\.ts$/.test(file)) return null
  return names.includes("issueReceipt") || names.includes("*") ? "receipt" : null
}

/** Services whose answers may be behind: a cache or a replica may stand before them. */
const SHOWN = new Map([
  ["src/ports/catalog.ts", "Catalog"],
  ["src/ports/order-book.ts", "OrderBook"],
  ["src/ports/timeline.ts", "Timeline"],
])

/** What reads from replicas: what is only shown. Whatever else lies beside it decides, writes or looks after the database. */
const REPLICAS = "src/adapters/postgres/replicas.ts"
const READS_REPLICAS = /^src\/adapters\/postgres\/(order-book|catalog|timeline)\.ts$/

/** Who shows things to callers. All else in the application decides. */
const SHOWS = /^src\/app\/(reads\/.*|shop|shopkeeper)\.ts$/

/** No decision is made from what may be behind (I8). */
const shownProblem = (file: string, target: string, { names }: Import): Rule | null => {
  if (target === REPLICAS && ringOf(file) === "adapters" && !READS_REPLICAS.test(file)) return "shown"
  const service = SHOWN.get(target)
  if (service === undefined || ringOf(file) !== "app" || SHOWS.test(file)) return null
  return names.includes(service) || names.includes("*") ? "shown" : null
}

const packageProblem = (file: string, found: Import): Rule | null => {
  const ring = ringOf(file)
  if (ring === "adapters" || ring === "roots") return null
  // What Node itself has: a structure over sockets, say.
  if (ring === "std" && found.specifier.startsWith("node:")) return null
  const [name, module] = found.specifier.split("/")
  if (name !== "effect") return "packages"
  if (ring !== "domain") return null
  const modules = module === undefined ? found.names : [module]
  return modules.every((each) => DATA_MODULES.has(each)) ? null : "domain-effect"
}

const isRelative = (specifier: string): boolean => specifier.startsWith(".")

const resolve = (file: string, specifier: string): string => posix.join(posix.dirname(file), specifier)

const importProblems = (sources: Sources, file: string, source: string): ReadonlyArray<Violation> =>
  importsOf(source).flatMap((found) => {
    const detail = `imports ${found.specifier}${found.names.length > 0 ? ` (${found.names.join(", ")})` : ""}`
    if (!isRelative(found.specifier)) {
      const rule = packageProblem(file, found)
      return rule === null ? [] : [{ rule, file, detail }]
    }
    const target = resolve(file, found.specifier)
    if (!sources.has(target)) return [{ rule: "unresolved", file, detail } as const]
    const rule = ringProblem(file, target) ?? receiptProblem(file, target, found) ?? shownProblem(file, target, found)
    return rule === null ? [] : [{ rule, file, detail }]
  })

/**
 * What `Effect.fn` runs has its stack frame in its context, and hands it on to all that it starts: from the command line down to
 * each request, whose every failure is then copied to have the frame noted on it (2 us each time).
 */
const TRACED_FUNCTION = /\bEffect\.fn\(/

const textProblems = (file: string, source: string): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const ring = ringOf(file)
  if (ring === null) found.push({ rule: "ring", file, detail: "lies in no ring" })
  const code = codeOf(source)
  const impure = ring === "domain" ? IMPURE.exec(code) : null
  if (impure !== null) found.push({ rule: "domain-purity", file, detail: `says ${impure[0]}` })
  if (ring !== "roots" && KNOB.test(code)) found.push({ rule: "environment", file, detail: "reads process.env" })
  for (const { index } of code.matchAll(CAPTURED_CONTEXT))
    if (!SCOPELESS.test(code.slice(0, index)))
      found.push({
        rule: "captured-scope",
        file,
        detail: "captures a context with its scope: Context.omit(Scope.Scope)",
      })
  if (TRACED_FUNCTION.test(code)) found.push({ rule: "stack-frame", file, detail: "says Effect.fn: Effect.fnUntraced" })
  const lines = source.trimEnd().split("\n").length
  if (lines > LINES_MAX) found.push({ rule: "size", file, detail: `${lines} lines, more than ${LINES_MAX}` })
  for (const { at, lines } of functionsOf(source))
    if (lines > FUNCTION_LINES_MAX)
      found.push({
        rule: "size",
        file,
        detail: `line ${at}: a function of ${lines} lines, more than ${FUNCTION_LINES_MAX}`,
      })
  return found
}

/** One violation for each cycle, named by its smallest file. */
const cycles = (sources: Sources): ReadonlyArray<Violation> => {
  const done = new Set<string>()
  const path: Array<string> = []
  const found = new Map<string, Violation>()
  const visit = (file: string): void => {
    const start = path.indexOf(file)
    if (start >= 0) {
      const ring = path.slice(start)
      const detail = [...ring, file].join(" -> ")
      found.set([...ring].sort().join(" "), { rule: "cycle", file: [...ring].sort()[0]!, detail })
      return
    }
    if (done.has(file)) return
    path.push(file)
    for (const each of importsOf(sources.get(file) ?? ""))
      if (isRelative(each.specifier)) visit(resolve(file, each.specifier))
    path.pop()
    done.add(file)
  }
  for (const file of sources.keys()) visit(file)
  return [...found.values()]
}

export const violations = (sources: Sources): ReadonlyArray<Violation> => [
  ...[...sources].flatMap(([file, source]) => [
    ...importProblems(sources, file, source),
    ...textProblems(file, source),
  ]),
  ...cycles(sources),
]
