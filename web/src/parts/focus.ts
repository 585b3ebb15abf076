/** Where the focus goes when what had it is gone: to a new page, or back to where a dialog was opened. */
import { useEffect } from "react";

let outside: HTMLElement | null = null;
let openDialogs = 0;

/** Remembers what was last focused outside of dialogs and menus. Called once. */
export function watchFocus(): void {
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.closest('[role="dialog"], [role="menu"]') === null) outside = target;
  });
}

/** On a new page the focus goes to its content, unless a field of it has taken it already. */
export function enterPage(): void {
  const content = document.getElementById("content");
  if (content !== null && !content.contains(document.activeElement)) content.focus({ preventScroll: true });
}

/** A dialog may follow another, so only when none is open any more the focus goes back. */
export function useFocusBack(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return undefined;
    openDialogs += 1;
    return () => {
      openDialogs -= 1;
      setTimeout(goBack, 0);
    };
  }, [isOpen]);
}

/** When what is shown changes and the focused row or button leaves, the focus would be nowhere; then the page takes it. */
export function useFocusKept(shown: number | string): void {
  useEffect(() => {
    if (document.activeElement === document.body && outside !== null && !outside.isConnected) goBack();
  }, [shown]);
}

/** A button whose row is gone cannot take the focus; then the page does. */
function goBack(): void {
  if (openDialogs > 0) return;
  const isThere = outside !== null && outside.isConnected && outside.offsetParent !== null;
  (isThere ? outside : document.getElementById("content"))?.focus({ preventScroll: true });
}
