/** To one subject: something a person should read. */
export interface Notice {
  code: string;
  message: string;
}
