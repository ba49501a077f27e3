/** `jaego import`: which file, how it is to be read, and how its report is printed. Fails: CommandFailed. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { CommandFailed } from "./command-failed.ts"
import * as Flags from "./flags.ts"
import { PATIENCE_MS } from "./http-client.ts"
import * as Import from "./import.ts"
import { json as jsonOf, printable } from "./printable.ts"
import * as ServerImport from "./server-import.ts"

/** Failures shown to people; `--json` has more of them. */
const FAILURES_SHOWN = 20

/** What became of rows in either mode, in the words of the one that applied them. */
const outcomes = (report: Import.Report | ServerImport.Report): ReadonlyArray<string> =>
  "applied" in report
    ? [`applied    ${report.applied}`]
    : [`created    ${report.created}`, `adjusted   ${report.adjusted}`]

const text = (report: Import.Report | ServerImport.Report): string =>
  [
    `import     ${report.id}${report.dryRun ? " (dry run: nothing was changed)" : ""}`,
    `rows       ${report.rows}`,
    ...outcomes(report),
    `unchanged  ${report.unchanged}`,
    `failed     ${report.failed}`,
    ...report.failures
      .slice(0, FAILURES_SHOWN)
      .map(({ line, sku, what }) => printable(`  - line ${line}, ${sku}: ${what}`)),
    ...(report.failed > FAILURES_SHOWN ? [`  - and ${report.failed - FAILURES_SHOWN} more`] : []),
  ].join("\n")

const flags = {
  file: Argument.String("file").pipe(
    Argument.withDescription("CSV with a head, or .ndjson: sku, delta; or sku, name, price, currency, stock"),
  ),
  mode: Flag.Literals("mode", ["delta", "absolute"]).pipe(
    Flag.withDescription(
      "absolute: rows are counts (sku, stock, version), applied by the service as a difference: what is sold since stays sold",
    ),
    Flag.withDefault("delta" as const),
  ),
  encoding: Flags.encoding,
  separator: Flags.separator("fields"),
  name: Flag.String("name").pipe(
    Flag.filter(
      (value) => /^[\w.-]{0,100}$/.test(value),
      () => "at most 100 letters, digits, dots, dashes and underscores",
    ),
    Flag.withDescription("The same file under another name is another import: a second delivery of the same goods"),
    Flag.withDefault(""),
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Check the file and the SKUs, and change nothing"),
    Flag.withDefault(false),
  ),
  concurrency: Flags.whole("concurrency", 1, 1_000).pipe(
    Flag.withDescription("Rows under way: fewer of them leave more to a running sale"),
    Flag.withDefault(16),
  ),
}

export const command = (url: Flag.Flag<string>) =>
  Command.make(
    "import",
    { ...flags, url, json: Flags.json },
    Effect.fnUntraced(function* ({ file, json, dryRun, mode, ...options }) {
      const given = {
        ...options,
        encoding: Option.getOrNull(options.encoding),
        separator: Option.getOrNull(options.separator),
        effect: dryRun ? ("dry-run" as const) : ("apply" as const),
        screen: process.stderr,
        patienceMs: PATIENCE_MS,
      }
      const report = yield* mode === "absolute" ? ServerImport.run(file, given) : Import.run(file, given)
      yield* Console.log(json ? jsonOf(report) : text(report))
      if (report.failed > 0) return yield* new CommandFailed({ message: "" })
    }),
  ).pipe(Command.withDescription("Apply a file of deliveries and new products to a running service; again to resume"))
