/** Lines of CSV as RFC 4180 writes them: fields are quoted where they must be, and a line ends with CR LF. */

export type Field = string | number | null

/** Null is an empty field. */
const written = (field: Field): string => {
  if (field === null) return ""
  const text = String(field)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const line = (fields: ReadonlyArray<Field>): string => `${fields.map(written).join(",")}\r\n`
