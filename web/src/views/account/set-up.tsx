import { PageHeading } from "../../ui/heading";

export default function SetUp() {
  return <PageHeading title="SetUp" />;
}
