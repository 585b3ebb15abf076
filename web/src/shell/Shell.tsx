/** The frame of every page inside: navigation at the side, or in a drawer on narrow screens. */
import { Burger, Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet } from "@tanstack/react-router";
import { isAdmin, useMe } from "../api/session";
import { dictionary, useSay } from "../language/language";
import { Brand } from "../parts/Brand";
import { common } from "../parts/words";
import { ADMIN_PLACES, navWords, OWN_PLACES } from "./navigation";
import classes from "./Shell.module.css";
import { UserMenu } from "./UserMenu";

const words = dictionary({
  skip: ["Skip to the content", "跳到正文"],
  navigation: ["Pages", "页面导航"],
  open: ["Open the navigation", "打开导航"],
  home: ["AIGNE Hub, overview", "AIGNE Hub 概览"],
});

export function Shell() {
  const say = useSay();
  const [isOpen, drawer] = useDisclosure(false);
  return (
    <div className={classes.shell}>
      <a className="hub-skip" href="#content">
        {say(words.skip)}
      </a>
      <header className={classes.top}>
        <Burger opened={isOpen} onClick={drawer.open} size="sm" aria-label={say(words.open)} />
        <Link to="/" aria-label={say(words.home)} className={classes.home}>
          <Brand size={24} />
        </Link>
        <UserMenu isCompact />
      </header>
      <header className={classes.side}>
        <Link to="/" aria-label={say(words.home)} className={classes.home}>
          <Brand />
        </Link>
        <Places />
        <UserMenu />
      </header>
      <Drawer.Root opened={isOpen} onClose={drawer.close} size={288} lockScroll={false}>
        <Drawer.Overlay />
        <Drawer.Content aria-label={say(words.navigation)}>
          <div className={classes.drawerHead}>
            <Brand size={24} />
            <Drawer.CloseButton aria-label={say(common.close)} />
          </div>
          <Drawer.Body>
            <Places onChoice={drawer.close} />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
      <main id="content" tabIndex={-1} className={classes.main}>
        <div className={classes.inner}>
          <Outlet />
        </div>
      </main>
    </div>
  );
}

function Places({ onChoice }: { onChoice?: () => void }) {
  const say = useSay();
  const me = useMe();
  const groups = isAdmin(me)
    ? [{ title: navWords.mine, places: OWN_PLACES }, { title: navWords.admin, places: ADMIN_PLACES }]
    : [{ title: null, places: OWN_PLACES }];
  return (
    <nav aria-label={say(words.navigation)} className={classes.places}>
      {groups.map(({ title, places }) => (
        <div key={places[0]?.to}>
          {title !== null && <p className={classes.group}>{say(title)}</p>}
          <ul>
            {places.map((place) => (
              <li key={place.to}>
                <Link
                  to={place.to}
                  className={classes.place}
                  activeOptions={{ exact: place.to === "/", includeSearch: false }}
                  onClick={onChoice}
                >
                  <place.icon size={18} stroke={1.75} aria-hidden />
                  {say(place.label)}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
