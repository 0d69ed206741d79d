import { PageHeading } from "../../ui/heading";

export default function Call() {
  return <PageHeading title="Call" />;
}
