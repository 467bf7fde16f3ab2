#!/usr/bin/perl
# A stand-in for qmail on the lab's hosts: qmail is not in Debian. It is no mail server to be used, but keeps these
# contracts of qmail 1.03's programs, by the name that it is called by:
#
#  qmail-smtpd   reads rcpthosts for each session; without the file it takes mail for every domain.
#  qmail-queue   message and envelope are on the disk when it ends well; queue/pid changes for each message alone; a message
#                is called after its inode. Envelope on descriptor 1: Fsender\0Trecipient\0…\0.
#  qmail-send    reads its control files when it starts; HUP rereads locals and virtualdomains alone, ALRM tries all now, TERM
#                ends when the deliveries under way have. local or remote is decided once, when it first sees a message.
#                concurrencylocal and -remote 0 hold deliveries. Tries again as 1.03 does (after 100 s, 400 s; ever later),
#                and sends a message back after queuelifetime (7 days), or at once when that is final.
#  qmail-lspawn  (within qmail-send) asks users/cdb, then passwd, then hands to alias.
#  qmail-local   exits 111 at a home that is sticky or writable for all, before anything else; .qmail, .qmail-ext and
#                .qmail-default with ./Maildir/ and forwards; Maildir by tmp and link; 100 when there is no such mailbox.
#  qmail-remote  reads smtproutes each time; without a route asks for MX, and refuses for good where it is its own best one.
#  qmail-qread, qmail-qstat  print what the real ones print. qmail-newu wants the last line ".". qmail-newmrh compiles.
#  qmail-pop3d   with its login: moves mail from new to cur, unique ids are names without flags.
#  tcpserver     one program for each connection.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);
use IO::Handle;
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Sys::Hostname;

my $qmail = '/var/qmail';
my ($name) = $0 =~ m{([^/]+)$};
umask 077;
my %programs = (
  'qmail-smtpd' => \&smtpd, 'qmail-queue' => \&queue, 'qmail-send' => \&send_mail, 'qmail-local' => \&local_delivery,
  'qmail-remote' => \&remote_delivery, 'qmail-qread' => \&qread, 'qmail-qstat' => \&qstat, 'qmail-newu' => \&newu,
  'qmail-newmrh' => \&newmrh, 'qmail-pop3d' => \&pop3d, 'qmail-tcpserver' => \&tcpserver,
);
exit(($programs{$name} or die "no program $name\n")->(@ARGV) // 0);

# ---- files

sub slurp { my ($file) = @_; open(my $in, '<', $file) or return; local $/; my $all = <$in>; return $all }

sub control {
  my ($file, $default) = @_;
  my $text = slurp("$qmail/control/$file");
  return [$default // ()] unless defined $text;
  return [grep { $_ ne '' and !/^#/ } map { s/[ \t]+$//r } split /\n/, $text];
}

sub me { return control('me')->[0] }

# key:value lines, names in small letters.
sub control_map { my ($file) = @_; return { map { /^([^:]*):(.*)$/ ? (lc $1, $2) : () } @{ control($file) } } }

sub write_new {
  my ($file, $text) = @_;
  sysopen(my $out, $file, O_WRONLY | O_CREAT | O_EXCL, 0644) or die "$file: $!\n";
  print $out $text;
  $out->flush && $out->sync && close($out) or die "$file: $!\n";
}

# ---- the queue

# mess: the message; info: birth and sender; local, remote: Taddress or Daddress, a line each.
sub put_in_queue {
  my ($message, $sender, @recipients) = @_;
  my $pid = "$qmail/queue/pid/$$." . time . '.' . int(rand 1e9);
  write_new($pid, $message);
  my $id = (stat $pid)[1];
  link($pid, "$qmail/queue/mess/$id") && unlink($pid) or die "mess/$id: $!\n";
  write_new("$qmail/queue/intd/$id", join('', map { "$_\0" } "F$sender", map { "T$_" } @recipients));
  link("$qmail/queue/intd/$id", "$qmail/queue/todo/$id") or die "todo/$id: $!\n";
  return $id;
}

sub queue {
  my $message = do { local $/; <STDIN> };
  open(my $envelope, '<&=', 1) or return 91;
  my ($sender, @recipients) = split /\0/, do { local $/; <$envelope> };
  return 91 unless defined $sender and $sender =~ s/^F// and @recipients;
  s/^T// for @recipients;
  eval { put_in_queue($message, $sender, @recipients); 1 } or return 53;
  return 0;
}

sub ids { my ($part) = @_; opendir(my $dir, "$qmail/queue/$part") or die "$part: $!\n"; return sort grep { /^\d+$/ } readdir $dir }

sub qread {
  my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);
  for my $id (ids('info')) {
    my ($birth, $sender) = split /\n/, slurp("$qmail/queue/info/$id") // next, -1;
    my $size = -s "$qmail/queue/mess/$id" // next;
    my @t = gmtime $birth;
    printf "%d %s %d %02d:%02d:%02d GMT  #%s  %d  <%s> \n", $t[3], $months[$t[4]], $t[5] + 1900, @t[2, 1, 0], $id, $size, $sender;
    for my $channel (qw(local remote)) {
      for (split /\n/, slurp("$qmail/queue/$channel/$id") // '') {
        print((/^D/ ? '  done' : '') . "\t$channel\t" . substr($_, 1) . "\n");
      }
    }
  }
  return 0;
}

sub qstat {
  my @all = ids('mess');
  my @todo = ids('todo');
  print 'messages in queue: ' . @all . "\nmessages in queue but not yet preprocessed: " . @todo . "\n";
  return 0;
}

# ---- qmail-send

my (%messages, %under_way, %concurrency, %locals, %virtual);

sub send_mail {
  my %told;
  $SIG{HUP} = sub { $told{hup} = 1 };
  $SIG{ALRM} = sub { $told{alrm} = 1 };
  $SIG{TERM} = sub { $told{term} = 1 };
  # What is asked for at the start alone: HUP changes none of it.
  %concurrency = (local => control('concurrencylocal', 10)->[0], remote => control('concurrencyremote', 20)->[0]);
  my $lifetime = control('queuelifetime', 604800)->[0];
  my $host = me();
  read_domains($host);
  load($_) for ids('info');
  until ($told{term} and !%under_way) {
    while ((my $pid = waitpid(-1, WNOHANG)) > 0) { ended($pid, $?, $lifetime) }
    read_domains($host) if delete $told{hup};
    if (delete $told{alrm}) { $_->{due} = {} for values %messages }
    unless ($told{term}) { preprocess($_, $host) for ids('todo'); start_deliveries() }
    select(undef, undef, undef, 0.1);
  }
  return 0;
}

sub read_domains {
  my ($host) = @_;
  %locals = map { lc($_) => 1 } @{ control('locals', $host) };
  %virtual = %{ control_map('virtualdomains') };
}

sub preprocess {
  my ($id, $host) = @_;
  my ($sender, @recipients) = split /\0/, slurp("$qmail/queue/todo/$id");
  my %to = (local => '', remote => '');
  for (map { substr $_, 1 } @recipients) {
    my ($channel, $address) = route_of(/\@/ ? $_ : "$_\@$host");
    $to{$channel} .= "T$address\n";
  }
  unlink "$qmail/queue/$_/$id" for qw(info local remote);
  for (grep { $to{$_} ne '' } keys %to) { write_new("$qmail/queue/$_/$id", $to{$_}) }
  write_new("$qmail/queue/info/$id", time . "\n" . substr($sender, 1) . "\n");
  unlink "$qmail/queue/$_/$id" for qw(intd todo);
  load($id);
}

sub route_of {
  my ($address) = @_;
  my ($user, $domain) = $address =~ /^(.*)\@(.*)$/;
  return (local => $address) if $locals{ lc $domain };
  my @suffixes = map { substr($domain, $_) } grep { substr($domain, $_, 1) eq '.' } 0 .. length($domain) - 1;
  for (map { lc } $address, $domain, @suffixes, '') {
    next unless exists $virtual{$_};
    return $virtual{$_} eq '' ? (remote => $address) : (local => "$virtual{$_}-$address");
  }
  return (remote => $address);
}

sub load {
  my ($id) = @_;
  my ($birth, $sender) = split /\n/, slurp("$qmail/queue/info/$id"), -1;
  my %to = map { my $c = $_; ($c => [map { substr($_, 1) } grep { /^T/ } split /\n/, slurp("$qmail/queue/$c/$id") // '']) } qw(local remote);
  $messages{$id} = { birth => $birth, sender => $sender, to => \%to, due => {} };
  remove($id) if !@{ $to{local} } and !@{ $to{remote} };
}

sub start_deliveries {
  for my $id (sort keys %messages) {
    my $message = $messages{$id};
    for my $channel (qw(local remote)) {
      for my $recipient (@{ $message->{to}{$channel} }) {
        next if ($message->{due}{$recipient} // 0) > time;
        next if grep { $_->{id} eq $id and $_->{recipient} eq $recipient } values %under_way;
        next if (grep { $_->{channel} eq $channel } values %under_way) >= $concurrency{$channel};
        my $pid = fork // next;
        if ($pid == 0) {
          @SIG{qw(HUP ALRM TERM)} = ('DEFAULT') x 3;
          open(STDIN, '<', "$qmail/queue/mess/$id") or exit 111;
          # No exec: a busy machine would spend its time on reading this file.
          $0 = "qmail-$channel";
          exit($channel eq 'local' ? spawn_local($message->{sender}, $recipient) : remote_delivery($recipient =~ s/.*\@//r, $message->{sender}, $recipient));
        }
        $under_way{$pid} = { id => $id, channel => $channel, recipient => $recipient };
      }
    }
  }
}

sub ended {
  my ($pid, $status, $lifetime) = @_;
  my $delivery = delete $under_way{$pid} or return;
  my ($id, $channel, $recipient) = @$delivery{qw(id channel recipient)};
  my $message = $messages{$id};
  my $code = $status & 127 ? 111 : $status >> 8;
  my $word = $code == 0 ? 'success' : $code == 100 ? 'failure' : 'deferral';
  print STDERR time . " delivery $id $channel $recipient: $word\n";
  if ($word eq 'deferral' and time - $message->{birth} < $lifetime) {
    my $tries = int(sqrt(time - $message->{birth})) + ($channel eq 'local' ? 10 : 20);
    $message->{due}{$recipient} = $message->{birth} + $tries * $tries;
    return;
  }
  bounce($id, $recipient) if $word ne 'success';
  mark_done($id, $channel, $recipient);
  $message->{to}{$channel} = [grep { $_ ne $recipient } @{ $message->{to}{$channel} }];
  remove($id) unless @{ $message->{to}{local} } or @{ $message->{to}{remote} };
}

sub mark_done {
  my ($id, $channel, $recipient) = @_;
  my $text = slurp("$qmail/queue/$channel/$id");
  my $at = index("\n$text", "\nT$recipient\n");
  open(my $file, '+<', "$qmail/queue/$channel/$id") or die "$channel/$id: $!\n";
  seek($file, $at, 0);
  print $file 'D';
  $file->flush && $file->sync;
}

# The real one sends what can't go back to postmaster; nobody in the lab would read it.
sub bounce {
  my ($id, $recipient) = @_;
  my $sender = $messages{$id}{sender};
  print STDERR time . " bounce $id $recipient to <$sender>\n";
  return if $sender eq '';
  my $text = "From: MAILER-DAEMON\@" . me() . "\nTo: $sender\nSubject: failure notice\n\n<$recipient>:\n\n--- Below this line is a copy of the message.\n\n";
  put_in_queue($text . slurp("$qmail/queue/mess/$id"), '', $sender);
}

sub remove { my ($id) = @_; unlink "$qmail/queue/$_/$id" for qw(local remote info mess); delete $messages{$id} }

# ---- local delivery

sub spawn_local {
  my ($sender, $address) = @_;
  my ($local, $domain) = $address =~ /^(.*)\@(.*)$/;
  my ($user, $uid, $gid, $home, $ext) = owner_of(lc $local);
  become($uid, $gid);
  return local_delivery($user, $home, $local, $ext, $domain, $sender);
}

sub become {
  my ($uid, $gid) = @_;
  $) = "$gid $gid";
  POSIX::setgid($gid) && POSIX::setuid($uid) or exit 111;
}

sub owner_of {
  my ($local) = @_;
  my $best;
  for (split /\n/, slurp("$qmail/users/cdb") // '') {
    my ($key, $user, $uid, $gid, $home, $dash, $pre) = split /:/, $_, -1;
    my $name = substr($key, 1);
    return ($user, $uid, $gid, $home, $dash . $pre) if $key eq "=$local";
    next unless $key =~ /^\+/ and index($local, $name) == 0;
    $best = [length $name, $user, $uid, $gid, $home, $dash . $pre . substr($local, length $name)] if !$best or length $name > $best->[0];
  }
  return @$best[1 .. 5] if $best;
  my ($name, $ext) = split /-/, $local, 2;
  for ([$local, ''], [$name, "-" . ($ext // '')]) {
    my ($user, undef, $uid, $gid, undef, undef, undef, $home) = getpwnam($_->[0]);
    return ($user, $uid, $gid, $home, $_->[1]) if defined $user and $uid and (stat $home)[4] == $uid;
  }
  my (undef, undef, $uid, $gid, undef, undef, undef, $home) = getpwnam('alias');
  return ('alias', $uid, $gid, $home, '-' . $local =~ tr/./:/r);
}

sub local_delivery {
  my ($user, $home, $local, $ext, $domain, $sender) = @_;
  chdir $home or return 111;
  my $mode = (stat '.')[2];
  return 111 if $mode & 01000;
  return 111 if $mode & 0002;
  my $message = do { local $/; <STDIN> };
  my ($dot) = grep { -e } ".qmail$ext", $ext eq '' ? () : map { ".qmail$_-default" } prefixes($ext);
  return 100 if !defined $dot and $ext ne '';
  my @lines = defined $dot ? grep { $_ ne '' and !/^#/ } split /\n/, slurp($dot) // return 111 : ();
  @lines = ('./Maildir/') unless @lines;
  my @forwards = map { s/^&//r } grep { !m{^\./} } @lines;
  for (grep { m{^\./.*/$} } @lines) { my $code = into_maildir($_, "Delivered-To: $local\@$domain\n$message", $sender); return $code if $code }
  return 0 unless @forwards;
  return eval { put_in_queue("Delivered-To: $local\@$domain\n$message", $sender, @forwards); 1 } ? 0 : 111;
}

sub prefixes { my @parts = split /-/, $_[0], -1; return map { join '-', @parts[0 .. $_] } reverse 0 .. $#parts - 1 }

sub into_maildir {
  my ($maildir, $message, $sender) = @_;
  my $file = time . ".$$." . hostname();
  eval { write_new("${maildir}tmp/$file", "Return-Path: <$sender>\n$message"); 1 } or return 111;
  my $linked = link("${maildir}tmp/$file", "${maildir}new/$file");
  unlink "${maildir}tmp/$file";
  return $linked ? 0 : 111;
}

# ---- SMTP

sub smtpd {
  $| = 1;
  my ($sender, @recipients);
  my $say = sub { print "$_[0]\r\n" };
  $say->('220 ' . me() . ' ESMTP');
  while (defined(my $line = <STDIN>)) {
    $line =~ s/\r?\n$//;
    if ($line =~ /^(?:HELO|EHLO)/i) { $say->('250 ' . me()) }
    elsif ($line =~ /^MAIL FROM:\s*<([^>]*)>/i) { ($sender, @recipients) = ($1); $say->('250 ok') }
    elsif ($line =~ /^RCPT TO:\s*<([^>]+)>/i) {
      if (takes($1)) { push @recipients, $1; $say->('250 ok') }
      else { $say->("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)") }
    }
    elsif ($line =~ /^DATA/i and defined $sender and @recipients) {
      $say->('354 go ahead');
      my $message = "Received: from unknown ($ENV{TCPREMOTEIP})\n  by " . me() . ' with SMTP; ' . time . "\n";
      my $whole = 0;
      while (defined($line = <STDIN>)) { $line =~ s/\r?\n$//; if ($line eq '.') { $whole = 1; last } $line =~ s/^\.//; $message .= "$line\n" }
      return 1 unless $whole;
      my $id = eval { put_in_queue($message, $sender, @recipients) };
      $say->(defined $id ? "250 ok $id" : '451 qq write error or disk full (#4.3.0)');
      undef $sender;
    }
    elsif ($line =~ /^RSET/i) { undef $sender; $say->('250 flushed') }
    elsif ($line =~ /^NOOP/i) { $say->('250 ok') }
    elsif ($line =~ /^QUIT/i) { $say->('221 ' . me()); return 0 }
    else { $say->('502 unimplemented (#5.5.1)') }
  }
  return 1;
}

sub takes {
  my ($domain) = lc($_[0]) =~ /\@(.*)$/ or return 1;
  return 1 unless -e "$qmail/control/rcpthosts";
  for (map { lc } @{ control('rcpthosts') }) { return 1 if $_ eq $domain or /^\./ and substr($domain, -length) eq $_ }
  return 0;
}

sub remote_delivery {
  my ($domain, $sender, $recipient) = @_;
  my $routes = control_map('smtproutes');
  my ($route) = map { $routes->{$_} } grep { exists $routes->{$_} } map { lc } $domain, (map { substr($domain, $_) } grep { substr($domain, $_, 1) eq '.' } 1 .. length($domain) - 1), '';
  my $host = defined $route && $route ne '' ? $route : best_exchanger($domain) // return 111;
  return 100 if $host eq 'itself';
  my $port = $host =~ s/:(\d+)$// ? $1 : 25;
  my $smtp = IO::Socket::INET->new(PeerAddr => $host =~ s/^\[(.*)\]$/$1/r, PeerPort => $port, Timeout => 30) or return 111;
  my $message = do { local $/; <STDIN> };
  $message =~ s/^\./../mg;
  $message =~ s/\n/\r\n/g;
  for (undef, 'HELO ' . me(), "MAIL FROM:<$sender>", "RCPT TO:<$recipient>", 'DATA', "$message.") {
    print $smtp "$_\r\n" if defined;
    my $reply = '';
    do { $reply = <$smtp> // return 111 } while $reply =~ /^\d{3}-/;
    return 100 if $reply =~ /^5/;
    return 111 if $reply !~ /^[23]/;
  }
  print $smtp "QUIT\r\n";
  return 0;
}

# An exchanger with an own address stands for "Although I'm listed as a best-preference MX …" (#5.4.6).
sub best_exchanger {
  my ($domain) = @_;
  my @found = sort { $a <=> $b } grep { /^\d/ } split /\n/, `dig +short +time=2 MX \Q$domain\E`;
  return if $?;
  my ($name) = @found ? $found[0] =~ /^\d+ (.*?)\.?$/ : $domain;
  my ($address) = grep { /^[\d.]+$/ } split /\n/, `dig +short +time=2 A \Q$name\E`;
  return unless defined $address;
  my $own = `ip -o -4 addr`;
  return $own =~ m{ \Q$address\E/} ? 'itself' : $address;
}

# ---- tables

sub newu {
  my $text = slurp("$qmail/users/assign") // die "qmail-newu: fatal: unable to read assign\n";
  $text =~ s/^\.\n\z//m or die "qmail-newu: fatal: bad format in users/assign\n";
  unlink "$qmail/users/cdb.tmp";
  write_new("$qmail/users/cdb.tmp", $text);
  chmod 0644, "$qmail/users/cdb.tmp";
  return rename("$qmail/users/cdb.tmp", "$qmail/users/cdb") ? 0 : 111;
}

sub newmrh {
  unlink "$qmail/control/morercpthosts.tmp";
  write_new("$qmail/control/morercpthosts.tmp", join '', map { "$_\n" } @{ control('morercpthosts') });
  return rename("$qmail/control/morercpthosts.tmp", "$qmail/control/morercpthosts.cdb") ? 0 : 111;
}

# ---- POP3

sub pop3d {
  $| = 1;
  my ($user, @files, %gone);
  my $say = sub { print "$_[0]\r\n" };
  $say->('+OK');
  while (defined(my $line = <STDIN>)) {
    my ($word, $what) = $line =~ /^(\w+)\s*(.*?)\r?\n$/ or next;
    $word = uc $word;
    if ($word eq 'USER') { $user = $what; $say->('+OK') }
    elsif ($word eq 'PASS') {
      my (undef, $hash, $uid, $gid, undef, undef, undef, $home) = getpwnam($user // '');
      return $say->('-ERR authorization failed') unless defined $hash and crypt($what, $hash) eq $hash;
      chdir "$home/Maildir" or return 1;
      become($uid, $gid);
      for (glob 'new/*') { my ($file) = m{([^/]+)$}; rename($_, "cur/$file:2,") }
      @files = sort grep { -f } glob 'cur/*';
      $say->('+OK');
    }
    elsif ($word eq 'STAT') { $say->('+OK ' . @files . ' 0') }
    elsif ($word eq 'UIDL') { $say->('+OK'); $say->($_ + 1 . ' ' . $files[$_] =~ s{.*/|:2,.*}{}gr) for 0 .. $#files; $say->('.') }
    elsif ($word eq 'DELE') { $gone{$what} = 1; $say->('+OK') }
    elsif ($word eq 'QUIT') { unlink map { $files[$_ - 1] } keys %gone; $say->('+OK'); return 0 }
    else { $say->('-ERR unimplemented') }
  }
  return 1;
}

sub tcpserver {
  my ($port, @program) = @_;
  my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 100, ReuseAddr => 1) or die "port $port: $!\n";
  $SIG{CHLD} = 'IGNORE';
  while (1) {
    my $client = $server->accept or next;
    next if fork;
    $SIG{CHLD} = 'DEFAULT';
    $ENV{TCPREMOTEIP} = $client->peerhost;
    open(STDIN, '<&', $client) && open(STDOUT, '>&', $client) or exit 1;
    ($0) = $program[0] =~ m{([^/]+)$};
    exit $programs{$0}->();
  }
}
