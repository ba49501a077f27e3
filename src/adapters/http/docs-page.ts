/**
 * The API for people: the OpenAPI document as one page, with nothing in it that the document does not say.
 *
 * Why it exists: viewers of OpenAPI are megabytes of script that load fonts and more from their makers; this is read on a machine
 * without a network, and while the service is under attack.
 */
import { OpenApi } from "effect/http-api"
import { api } from "./api.ts"
import * as Html from "./html.ts"
import { kinds } from "./problem-kinds.ts"

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly anyOf?: ReadonlyArray<Schema>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly allOf?: ReadonlyArray<Schema>
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

interface Operation {
  readonly tags: ReadonlyArray<string>
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly parameters: ReadonlyArray<{
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly description?: string
    readonly schema: Schema
  }>
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}

interface Document {
  readonly info: { readonly title: string; readonly description: string }
  readonly tags: ReadonlyArray<{ readonly name: string; readonly description: string }>
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** "1..128", "at least 1". */
const range = (least: number | undefined, most: number | undefined): string | null => {
  if (least === undefined) return most === undefined ? null : `at most ${most}`
  return most === undefined ? `at least ${least}` : `${least}..${most}`
}

/** Bounds stand beside a type, or in parts of their own. */
const bounds = (schema: Schema): string => {
  const all: Schema = Object.assign({}, schema, ...(schema.allOf ?? []))
  const found = range(all.minimum, all.maximum) ?? range(all.minLength, all.maxLength)
  return found === null ? "" : `, ${found}`
}

/** A schema as an outline of what it takes. */
const outline = (schema: Schema, indent: string): string => {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1)!
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => outline(one, indent)).join(" | ")
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  if (schema.items !== undefined) {
    const size = range(schema.minItems, schema.maxItems)
    return `array${size === null ? "" : `, ${size}`}, of ${outline(schema.items, indent)}`
  }
  return schema.properties === undefined
    ? (schema.format ?? schema.type ?? "anything") + bounds(schema)
    : members(schema.properties, schema.required ?? [], indent)
}

const members = (
  properties: Readonly<Record<string, Schema>>,
  required: ReadonlyArray<string>,
  indent: string,
): string => {
  const inner = `${indent}  `
  const lines = Object.entries(properties).map(
    ([name, member]) => `${inner}${name}${required.includes(name) ? "" : "?"}: ${outline(member, inner)}\n`,
  )
  return `{\n${lines.join("")}${indent}}`
}

const body = (content: Content | undefined): string => {
  const schema = content?.["application/json"]?.schema
  return schema === undefined ? "" : `<p>Body</p><pre>${Html.escaped(outline(schema, ""))}</pre>`
}

const parameters = ({ parameters }: Operation): string =>
  parameters
    .map(
      ({ description = "", in: place, name, required = false, schema }) =>
        `<tr><td><code>${Html.escaped(name)}</code></td><td>${place}${required ? ", required" : ""}</td>` +
        `<td>${Html.escaped(outline(schema, ""))}</td><td>${Html.rich(description)}</td></tr>`,
    )
    .join("")

/** A code of a problem leads to its page. */
const meaning = (description: string): string =>
  Html.rich(description).replace(/<code>([a-z0-9-]+)<\/code>/g, (code, name: string) =>
    name in kinds ? `<a href="/problems/${name}">${code}</a>` : code,
  )

const answers = ({ responses }: Operation): string =>
  Object.entries(responses)
    .map(([status, { content, description }]) => {
      const schema = content?.["application/json"]?.schema
      const shown = schema === undefined ? "" : `<code>${Html.escaped(outline(schema, ""))}</code>`
      return `<tr><td>${status}</td><td>${shown} ${meaning(description)}</td></tr>`
    })
    .join("")

const operation = (path: string, method: string, it: Operation): string =>
  `<section id="${it.operationId}"><h3><code>${method.toUpperCase()} ${Html.escaped(path)}</code></h3>` +
  `<p>${Html.rich(it.summary)}. ${Html.rich(it.description ?? "")}</p>` +
  `<table>${parameters(it)}</table>${body(it.requestBody?.content)}<p>Answers</p><table>${answers(it)}</table></section>`

const views = ({ components }: Document): string =>
  Object.entries(components.schemas)
    .map(
      ([name, schema]) =>
        `<section id="${name}"><h3>${name}</h3><pre>${Html.escaped(outline(schema, ""))}</pre></section>`,
    )
    .join("")

export const html = (): Html.Document => {
  const document = OpenApi.fromApi(api) as unknown as Document
  const all = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, it]) => ({ path, method, it })),
  )
  const groups = document.tags.map(({ description, name }) => {
    const own = all.filter(({ it }) => it.tags.includes(name))
    return `<h2>${Html.escaped(name)}</h2><p>${Html.rich(description)}</p>${own.map(({ it, method, path }) => operation(path, method, it)).join("")}`
  })
  const { description, title } = document.info
  return Html.page(
    title,
    `<h1>${Html.escaped(title)}</h1><p>${Html.rich(description)}</p>` +
      `<p>For machines: <a href="/openapi.json">OpenAPI 3.1</a>. Errors are <code>application/problem+json</code>; ` +
      `what each <code>code</code> means: <a href="/problems">problems</a>.</p>` +
      `${groups.join("")}<h2>Views</h2>${views(document)}`,
  )
}
