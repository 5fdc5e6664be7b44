/**
 * The co-op that the token of an invitation names: `rdi_`, then base64url of the co-op's id, the invitation's id and a proof.
 * Only to know where to send it; whether the token is good is for the server to say.
 */
export function coopOfInvitation(token: string | null): string | null {
  if (token === null || !/^rdi_[A-Za-z0-9_-]{22,}$/.test(token)) return null
  let bytes: string
  try {
    // Twenty-four characters hold eighteen bytes; the first sixteen are the id.
    bytes = atob(token.slice(4, 28).replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return null
  }
  const hex = [...bytes.slice(0, 16)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
