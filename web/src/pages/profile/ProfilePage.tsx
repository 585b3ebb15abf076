/** The page of one's own profile. */
export function ProfilePage() {
  return null;
}
