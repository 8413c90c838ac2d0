// Finds the one-time token in what somebody pasted: a whole link, its fragment, or the token alone.

export function tokenFrom(text: string): string | null {
  const trimmed = text.trim();
  const named = /[#&?]token=([^&\s]+)/.exec(trimmed) ?? /^token=([^&\s]+)$/.exec(trimmed);
  if (named?.[1]) return decode(named[1]);
  return /^[\w.~-]{8,}$/.test(trimmed) ? trimmed : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
