import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Requests of tenants, refusals and errors; prints what came of them. The same as ../python/scenario.py. */
public final class Scenario {
  private static final String TITLES = "select title from documents order by title";
  private static final String EVE = System.getenv("TOKEN_EVE");
  private static final String GWEN = System.getenv("TOKEN_GWEN");
  private static final String FORGED = System.getenv("TOKEN_FORGED");
  private static final String EXPIRED = System.getenv("TOKEN_EXPIRED");
  private static final HikariDataSource pool = new HikariDataSource();
  private static int runs;

  private static List<String> read(ResultSet rows) throws SQLException {
    List<String> values = new ArrayList<>();
    while (rows.next()) values.add(rows.getString(1));
    return values;
  }

  private static List<String> query(Connection connection, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
      return read(statement.executeQuery());
    }
  }

  private static List<String> titles(Connection connection) throws SQLException {
    return query(connection, TITLES);
  }

  private static List<String> insert(Connection connection) throws SQLException {
    return query(connection,
        "insert into documents (owner_id, title) values (tenancy.user_uuid(), ?) returning title", "Acme: New");
  }

  private static String process(String token) throws SQLException {
    return Tenancy.asTenant(pool, fresh -> token, "select pg_backend_pid()", Scenario::read).get(0);
  }

  private static Tenancy.Work<Connection, List<String>> losing(int times) {
    return connection -> {
      if (runs <= times) query(connection, "select tenancy.logout()");
      return titles(connection);
    };
  }

  private static void report(String name, List<String> tokens, Tenancy.Work<Connection, List<String>> work) {
    List<String> asked = new ArrayList<>();
    Tenancy.TokenSource source = fresh -> {
      asked.add(fresh ? "a fresh one" : "a token");
      return tokens.get(asked.size() - 1);
    };
    runs = 0;
    String outcome;
    try {
      List<String> rows = Tenancy.asTenant(pool, source, connection -> {
        runs++;
        return work.run(connection);
      });
      outcome = String.join(", ", rows);
    } catch (SQLException error) {
      outcome = error.getSQLState();
    }
    System.out.println(name + ": " + outcome + "; asked for " + String.join(", ", asked));
  }

  private static String withoutLogin() throws SQLException {
    try (Connection connection = pool.getConnection()) {
      return String.join(", ", titles(connection));
    } catch (SQLException error) {
      return error.getSQLState();
    }
  }

  private static void play() throws SQLException {
    report("eve", List.of(EVE), Scenario::titles);
    report("gwen", List.of(GWEN), Scenario::titles);
    System.out.println("same connection: " + process(EVE).equals(process(GWEN)));
    System.out.println("no login: " + withoutLogin());
    report("identity lost", List.of(EVE), losing(1));
    System.out.println("runs: " + runs);
    report("lost again", List.of(EVE), losing(2));
    System.out.println("runs: " + runs);
    report("forged", List.of(FORGED), Scenario::titles);
    report("expired", List.of(EXPIRED, EVE), Scenario::titles);
    report("expired again", List.of(EXPIRED, EXPIRED), Scenario::titles);
    String before = process(EVE);
    report("error", List.of(EVE), connection -> {
      insert(connection);
      return query(connection, "select 1 / 0");
    });
    report("mistake", List.of(EVE), connection -> query(connection, "select nothing"));
    System.out.println("same connection: " + before.equals(process(EVE)));
    report("gwen after it", List.of(GWEN), Scenario::titles);
    report("eve after it", List.of(EVE), Scenario::titles);
    report("insert", List.of(EVE), connection -> {
      insert(connection);
      return titles(connection);
    });
    report("delete", List.of(EVE), connection -> {
      query(connection, "delete from documents where title = ? returning title", "Acme: New");
      return titles(connection);
    });
    before = process(EVE);
    report("second identity", List.of(EVE), connection -> query(connection, "select tenancy.login(?)", GWEN));
    System.out.println("same connection: " + before.equals(process(EVE)));
    report("gwen at last", List.of(GWEN), Scenario::titles);
  }

  /** What a role of tenancy.pool may set, and what not. */
  private static void settings(String name, Tenancy.Work<Connection, Void> work) {
    try (Connection connection = pool.getConnection()) {
      work.run(connection);
      System.out.println(name + " allowed");
    } catch (SQLException error) {
      System.out.println(name + " " + error.getSQLState());
    }
  }

  private static void settings() {
    settings("read only", connection -> {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      connection.createStatement().execute("select 1");
      return null;
    });
    settings("application name", connection -> {
      connection.setClientInfo("ApplicationName", "another");
      return null;
    });
    settings("isolation", connection -> {
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      return null;
    });
    settings("schema", connection -> {
      connection.setSchema("public");
      return null;
    });
  }

  public static void main(String[] arguments) throws SQLException {
    pool.setJdbcUrl(String.format("jdbc:postgresql://%s:%s/%s", System.getenv("PGHOST"), System.getenv("PGPORT"),
        System.getenv("PGDATABASE")));
    if (System.getenv("BEHIND_PGBOUNCER") != null) pool.addDataSourceProperty("prepareThreshold", "0");
    pool.setUsername(System.getenv("PGUSER"));
    pool.setPassword(System.getenv("PGPASSWORD"));
    pool.setMaximumPoolSize(1);
    try (pool) {
      if (arguments.length == 0) play();
      if (arguments.length == 1) settings();
      for (int n = 0; arguments.length > 1 && n < Integer.parseInt(arguments[1]); n++) {
        if (arguments[0].equals("trips")) Tenancy.asTenant(pool, fresh -> EVE, TITLES, Scenario::read);
        else Tenancy.asTenant(pool, fresh -> EVE, Scenario::titles);
      }
    }
  }
}
