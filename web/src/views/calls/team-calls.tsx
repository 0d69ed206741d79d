import { PageHeading } from "../../ui/heading";

export default function TeamCalls() {
  return <PageHeading title="TeamCalls" />;
}
