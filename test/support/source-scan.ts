/**
 * Reads what a TypeScript source imports, without a compiler: TypeScript 7 has no JavaScript API, and a regular
 * expression is fooled by the word "import" in comments and strings. So: a small lexer, then the import statements.
 *
 * Limits: it understands the erasable TypeScript this project is written in; JSX is not among it.
 */

export interface Import {
  /** The text between the quotes. */
  readonly specifier: string
  /** Imported names as the other module spells them; `*` for a namespace, `default` for a default import. */
  readonly names: ReadonlyArray<string>
}

interface Token {
  readonly kind: "word" | "text" | "mark"
  readonly value: string
}

/** After one of these a slash begins a regular expression although a word stands before it. */
const BEFORE_REGEX = new Set(["return", "typeof", "case", "in", "of", "do", "else", "void", "delete", "throw", "yield"])

const WORD = /[\p{L}\p{N}_$]+/uy
const REGEX = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const QUOTED = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y

const matchAt = (pattern: RegExp, source: string, at: number): string | null => {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? null
}

const regexMayStart = (last: Token | undefined): boolean => {
  if (last === undefined) return true
  if (last.kind === "text") return false
  return last.kind === "word" ? BEFORE_REGEX.has(last.value) : !")]}".includes(last.value)
}

/** Of each source only once: the check of the rules looks at every file for each planted violation. */
const once = <A>(of: (source: string) => A): ((source: string) => A) => {
  const known = new Map<string, A>()
  return (source) => {
    const found = known.get(source) ?? of(source)
    known.set(source, found)
    return found
  }
}

const tokens = (source: string): ReadonlyArray<Token> => {
  const found: Array<Token> = []
  /** For each open template literal, how many braces are open inside its current `${`. */
  const templates: Array<number> = []
  let at = 0
  const templatePart = () => {
    const part = matchAt(TEMPLATE_PART, source, at) ?? ""
    at += part.length
    found.push({ kind: "text", value: part })
    if (source.startsWith("${", at)) at += 2
    else {
      templates.pop()
      at += 1
    }
  }
  while (at < source.length) {
    const char = source[at]!
    const comment = char === "/" ? matchAt(COMMENT, source, at) : null
    const regex = char === "/" && comment === null && regexMayStart(found.at(-1)) ? matchAt(REGEX, source, at) : null
    const quoted = char === '"' || char === "'" ? matchAt(QUOTED, source, at) : null
    const word = matchAt(WORD, source, at)
    if (comment !== null) at += comment.length
    else if (regex !== null) {
      at += regex.length
      found.push({ kind: "text", value: "" })
    } else if (quoted !== null) {
      at += quoted.length
      found.push({ kind: "text", value: quoted.slice(1, -1) })
    } else if (word !== null) {
      at += word.length
      found.push({ kind: "word", value: word })
    } else if (char === "`") {
      at += 1
      templates.push(0)
      templatePart()
    } else if (char === "}" && templates.at(-1) === 0) {
      at += 1
      templatePart()
    } else {
      if (templates.length > 0 && (char === "{" || char === "}"))
        templates[templates.length - 1]! += char === "{" ? 1 : -1
      if (!/\s/.test(char)) found.push({ kind: "mark", value: char })
      at += 1
    }
  }
  return found
}

/** The names of an import or export clause: the tokens between the keyword and `from`. */
const clauseNames = (clause: ReadonlyArray<Token>): ReadonlyArray<string> => {
  const words = clause.filter((token, at) => !(at === 0 && token.value === "type"))
  const names: Array<string> = []
  let depth = 0
  for (const [at, token] of words.entries()) {
    if (token.value === "{") depth += 1
    else if (token.value === "}") depth -= 1
    else if (token.value === "*") names.push("*")
    else if (token.kind === "word") {
      const before = words[at - 1]?.value
      const isTypeMark = token.value === "type" && words[at + 1]?.kind === "word" && words[at + 1]?.value !== "as"
      const isAlias = before === "as"
      if (token.value === "as" || isAlias || isTypeMark) continue
      names.push(depth === 0 ? "default" : token.value)
    }
  }
  return names
}

/** Every `import ... from`, `export ... from`, `import "x"` and `import("x")` of a source, type imports included. */
export const importsOf = once((source: string): ReadonlyArray<Import> => {
  const all = tokens(source)
  const found: Array<Import> = []
  for (const [at, token] of all.entries()) {
    if (token.kind !== "word" || all[at - 1]?.value === ".") continue
    if (token.value !== "import" && token.value !== "export") continue
    const next = all[at + 1]
    if (token.value === "import" && next?.kind === "text") found.push({ specifier: next.value, names: [] })
    else if (token.value === "import" && next?.value === "(" && all[at + 2]?.kind === "text")
      found.push({ specifier: all[at + 2]!.value, names: ["*"] })
    else {
      const from = clauseEnd(all, at + 1)
      if (from !== null) found.push({ specifier: all[from + 1]!.value, names: clauseNames(all.slice(at + 1, from)) })
    }
  }
  return found
})

/** Where the `from` of a clause stands, or null if this is no clause (`export const`, `import.meta`). */
const clauseEnd = (all: ReadonlyArray<Token>, start: number): number | null => {
  for (let at = start; at < all.length; at += 1) {
    const token = all[at]!
    if (token.value === "from" && all[at + 1]?.kind === "text") return at
    const inClause = token.kind === "word" || (token.kind === "mark" && "{},*".includes(token.value))
    if (!inClause || (token.kind === "word" && DECLARES.has(token.value))) return null
  }
  return null
}

const DECLARES = new Set(["const", "let", "var", "function", "class", "interface", "async", "abstract", "declare"])

/** The code without comments and without the contents of strings, one blank between tokens. */
export const codeOf = once((source: string): string =>
  tokens(source)
    .map((token) => (token.kind === "text" ? '""' : token.value))
    .join(" ")
    .replaceAll(/ ?([.(]) ?/g, "$1"),
)
