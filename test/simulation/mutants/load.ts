/**
 * A planted bug: some lines of the real source, changed as a careless hand might change them. The simulation then runs
 * over sources with that change, and the check that is named has to say so.
 *
 * `load` imports a module a second time, with everything of ours it imports, the changes applied to the text on its way
 * in. So each bug lives in module instances of its own: nothing has to be switched off again, no file is written, and
 * `simulate(seed)` knows nothing of mutants. The packages are shared.
 *
 * Limits: imports run in the thread that calls, under Node's own loader (not inside a test runner's; see `all.ts`).
 * Fails: a line that is to be changed and is not there exactly once is an error: the source has moved on, the mutant has
 * to follow.
 */
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"

/** One place of the source: `from` stands there exactly once. */
export interface Change {
  /** From the repository's root. */
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface Mutant {
  /** A fragment of a sentence: "answer before commit". */
  readonly name: string
  /** What the careless hand did, and why it hurts. */
  readonly story: string
  readonly changes: ReadonlyArray<Change>
  /** How a violation that finds it begins: the name of a check. */
  readonly caughtBy: string
  /** Seeds 1..seedsMax within which it has to be found. */
  readonly seedsMax: number
}

/** Ten seeds meet every theme of the simulation once (`scenario.ts`): what everyone meets is found in them. */
export const ONE_ROUND = 10

/** Four runs of every theme: for bugs that only show in an instant which not every run has. */
export const FOUR_ROUNDS = 40

/** For bugs that need two rare instants in one run: a stale owner, and a commit of its that is still on its way. */
export const EIGHT_ROUNDS = 80

/** For bugs that need a third one: another command in the very batch that is refused. */
export const SIXTEEN_ROUNDS = 160

const ROOT = new URL("../../../", import.meta.url).href

/** The query parameter that tells one graph of modules from another. */
const GRAPH = "mutant"

const graphOf = (url: string): string | null => (url.startsWith("file:") ? new URL(url).searchParams.get(GRAPH) : null)

const ours = (url: string): boolean => url.startsWith(ROOT) && !url.includes("/node_modules/")

/** The text with the changes that belong in this file. */
export const changed = (source: string, file: string, changes: ReadonlyArray<Change>): string => {
  let text = source
  for (const change of changes) {
    if (change.file !== file) continue
    const times = text.split(change.from).length - 1
    if (times !== 1) throw new Error(`${file} has ${times} times what a planted bug changes: ${change.from}`)
    text = text.replace(change.from, () => change.to)
  }
  return text
}

interface Graph {
  readonly changes: ReadonlyArray<Change>
  /** Our files that were imported into it. */
  readonly files: Set<string>
}

const graphs = new Map<string, Graph>()

const register = (): void => {
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context)
      const name = context.parentURL === undefined ? null : graphOf(context.parentURL)
      if (name === null || !ours(found.url)) return found
      const url = new URL(found.url)
      url.searchParams.set(GRAPH, name)
      return { ...found, url: url.href }
    },
    load: (url, context, next) => {
      const graph = graphs.get(graphOf(url) ?? "")
      if (graph === undefined) return next(url, context)
      const path = fileURLToPath(url)
      const file = relative(fileURLToPath(ROOT), path)
      graph.files.add(file)
      const source = changed(readFileSync(path, "utf8"), file, graph.changes)
      return { format: "module-typescript", source, shortCircuit: true }
    },
  })
}

/** The module at this path (from the repository's root), in a graph of its own where the changes are made. */
export const load = async <Module>(path: string, changes: ReadonlyArray<Change>): Promise<Module> => {
  if (graphs.size === 0) register()
  const name = String(graphs.size)
  const files = new Set<string>()
  graphs.set(name, { changes, files })
  const module = (await import(`${ROOT}${path}?${GRAPH}=${name}`)) as Module
  const missed = changes.find(({ file }) => !files.has(file))
  if (missed !== undefined) throw new Error(`${missed.file} is not part of ${path}: a bug planted there is never met`)
  return module
}
