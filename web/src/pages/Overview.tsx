/** The landing page: how to call the hub, and where to go next. */
import { Button, Text } from "@mantine/core";
import { IconApps, IconArrowRight, IconFingerprint, IconKey, IconUsers, type Icon } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { isAdmin, useMe } from "../api/session";
import { dictionary, useSay, type Entry } from "../language/language";
import { CopyBlock, CopyField } from "../parts/Copy";
import { PageHead, Section } from "../parts/Page";
import { curlExample } from "./keys/curl";
import classes from "./Overview.module.css";

const words = dictionary({
  title: ["Overview", "概览"],
  hello: ["Welcome, {name}", "欢迎，{name}"],
  text: ["One address and one key for every model of this hub.", "一个地址、一个密钥，即可使用此 Hub 的所有模型。"],
  call: ["Call the hub", "调用 Hub"],
  callText: [
    "Any OpenAI client works: give it this base address and one of your access keys.",
    "任何 OpenAI 客户端均可使用：填写以下基础地址和您的访问密钥即可。",
  ],
  base: ["Base address", "基础地址"],
  curl: ["Example call", "调用示例"],
  getKey: ["Get an access key", "获取访问密钥"],
  next: ["What next", "接下来"],
  keys: ["Access keys", "访问密钥"],
  keysText: ["Create, rotate and revoke the keys of your applications.", "创建、轮换和吊销应用的密钥。"],
  profile: ["Add a passkey", "添加通行密钥"],
  profileText: ["Sign in with a fingerprint, your face or a security key.", "使用指纹、面容或安全密钥登录。"],
  apps: ["Authorised apps", "已授权应用"],
  appsText: ["See which applications act for you, and stop them.", "查看并停止代表您操作的应用。"],
  users: ["Invite people", "邀请成员"],
  usersText: ["Give others their own account and role.", "为他人创建独立的账号和角色。"],
});

export function Overview() {
  const say = useSay();
  const me = useMe();
  const origin = window.location.origin;
  return (
    <>
      <PageHead title={say(words.hello, { name: me.name })} text={say(words.text)} />
      <Section
        title={say(words.call)}
        text={say(words.callText)}
        action={
          <Button component={Link} to="/access-keys" leftSection={<IconKey size={18} />}>
            {say(words.getKey)}
          </Button>
        }
      >
        <Text size="sm" fw={600} mb={4}>
          {say(words.base)}
        </Text>
        <CopyField value={`${origin}/v1`} name={say(words.base)} />
        <Text size="sm" fw={600} mt="md" mb={4}>
          {say(words.curl)}
        </Text>
        <CopyBlock code={curlExample(origin, "YOUR_KEY")} name={say(words.curl)} />
      </Section>
      <h2 className="hub-unseen">{say(words.next)}</h2>
      <ul className={classes.next}>
        <Step to="/access-keys" icon={IconKey} title={words.keys} text={words.keysText} />
        <Step to="/profile" icon={IconFingerprint} title={words.profile} text={words.profileText} />
        <Step to="/apps" icon={IconApps} title={words.apps} text={words.appsText} />
        {isAdmin(me) && <Step to="/users" icon={IconUsers} title={words.users} text={words.usersText} />}
      </ul>
    </>
  );
}

function Step({ to, icon: Mark, title, text }: { to: string; icon: Icon; title: Entry; text: Entry }) {
  const say = useSay();
  return (
    <li>
      <Link to={to} className={`hub-card ${classes.step}`}>
        <Mark size={22} stroke={1.75} aria-hidden />
        <span className={classes.words}>
          <span className={classes.title}>{say(title)}</span>
          <span className={classes.text}>{say(text)}</span>
        </span>
        <IconArrowRight size={18} aria-hidden />
      </Link>
    </li>
  );
}
