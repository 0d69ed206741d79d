import { PageHeading } from "../../ui/heading";

export default function OwnCalls() {
  return <PageHeading title="OwnCalls" />;
}
